SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: document.getElementById("swagger-ui").dataset.url,
  deepLinking: true,
  validatorUrl: null, // the public validator would be sent this server's address
});
