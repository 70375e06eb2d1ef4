from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters: Django's default would cost 100 MB and a third of a second a sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
