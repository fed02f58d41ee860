import hypothesis

# `make test` tries 100 examples of each property, in CI always the same ones; `make properties` tries more.
hypothesis.settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True)
