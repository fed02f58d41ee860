"""`${…}`, the expression language of Camunda 7, Activiti and Flowable, as JSONata."""
