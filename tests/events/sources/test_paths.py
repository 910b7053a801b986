import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources._paths import classify

PATHS = [
    # Python and Django
    ("shop/models.py", "model", "Python"),
    ("shop/models/order.py", "model", "Python"),
    ("shop/views.py", "view", "Python"),
    ("config/urls.py", "view", "Python"),
    ("shop/serializers.py", "serializer", "Python"),
    ("shop/schemas.py", "serializer", "Python"),
    ("shop/migrations/0001_initial.py", "migration", "Python"),
    ("shop/tests.py", "test", "Python"),
    ("shop/tests/factories.py", "test", "Python"),
    ("tests/views.py", "test", "Python"),
    ("test_calc.py", "test", "Python"),
    ("conftest.py", "test", "Python"),
    ("alembic/versions/ae12_add.py", "migration", "Python"),
    ("shop/templates/shop/order.html", "template", "HTML"),
    ("shop/templates/mail/order.txt", "template", None),
    ("config/settings.py", "config", "Python"),
    ("payments/stripe_client.py", "client", "Python"),
    ("payments/adapters/stripe.py", "client", "Python"),
    ("lib/linalg/solve.py", "numeric", "Python"),
    ("stats.py", "numeric", "Python"),
    ("analysis/fit.ipynb", "numeric", "Python"),
    ("pyproject.toml", "build", "TOML"),
    ("requirements-dev.txt", "build", None),
    ("latest.py", "other", "Python"),
    ("shop/apps.py", "other", "Python"),
    ("README.md", "docs", "Markdown"),
    ("docs/conf.py", "config", "Python"),
    ("docs/index.rst", "docs", "reStructuredText"),
    # JavaScript and TypeScript
    ("src/__tests__/cart.js", "test", "JavaScript"),
    ("src/cart.spec.ts", "test", "TypeScript"),
    ("src/components/Button.test.tsx", "test", "TypeScript"),
    ("src/components/Button.tsx", "template", "TypeScript"),
    ("src/App.vue", "template", "Vue"),
    ("src/routes/users.ts", "view", "TypeScript"),
    ("app/api/users/route.ts", "view", "TypeScript"),
    ("src/users.controller.ts", "view", "TypeScript"),
    ("src/users.dto.ts", "serializer", "TypeScript"),
    ("src/api/client.ts", "client", "TypeScript"),
    ("migrations/20240101-create-users.js", "migration", "JavaScript"),
    ("vite.config.ts", "build", "TypeScript"),
    ("jest.config.js", "test", "JavaScript"),
    ("package.json", "build", "JSON"),
    ("styles/site.scss", "template", "SCSS"),
    (".eslintrc", "config", None),
    ("src/index.ts", "other", "TypeScript"),
    # Go
    ("internal/store/user_test.go", "test", "Go"),
    ("internal/http/user_handler.go", "view", "Go"),
    ("internal/models/user.go", "model", "Go"),
    ("pkg/githubclient/client.go", "client", "Go"),
    ("go.mod", "build", None),
    ("cmd/server/main.go", "other", "Go"),
    ("db/000003_users.up.sql", "migration", "SQL"),
    # Java and Kotlin
    ("src/test/java/com/acme/Helper.java", "test", "Java"),
    ("src/main/java/com/acme/UserController.java", "view", "Java"),
    ("src/main/java/com/acme/UserDTO.java", "serializer", "Java"),
    ("src/main/java/com/acme/UserEntity.java", "model", "Java"),
    ("src/main/java/com/acme/UserRepository.java", "model", "Java"),
    ("src/main/java/com/acme/PaymentClient.java", "client", "Java"),
    ("src/main/java/com/acme/HTTPServerTest.java", "test", "Java"),
    ("src/main/resources/db/migration/V2__users.sql", "migration", "SQL"),
    ("src/main/resources/application.properties", "config", None),
    ("pom.xml", "build", "XML"),
    ("build.gradle.kts", "build", "Kotlin"),
    # Ruby
    ("spec/models/user_spec.rb", "test", "Ruby"),
    ("app/models/user.rb", "model", "Ruby"),
    ("app/controllers/users_controller.rb", "view", "Ruby"),
    ("app/views/users/show.html.erb", "template", "ERB"),
    ("config/routes.rb", "view", "Ruby"),
    ("db/migrate/20240101120000_create_users.rb", "migration", "Ruby"),
    ("Gemfile", "build", "Ruby"),
    # Rust
    ("src/models.rs", "model", "Rust"),
    ("tests/integration.rs", "test", "Rust"),
    ("Cargo.toml", "build", "TOML"),
    ("src/main.rs", "other", "Rust"),
    # PHP
    ("app/Http/Controllers/UserController.php", "view", "PHP"),
    ("database/migrations/2024_01_01_000000_create_users.php", "migration", "PHP"),
    ("resources/views/home.blade.php", "template", "Blade"),
    ("tests/Feature/LoginTest.php", "test", "PHP"),
    # C#
    ("Shop.Tests/OrderTests.cs", "test", "C#"),
    ("Shop/Controllers/OrderController.cs", "view", "C#"),
    ("Shop/Models/Order.cs", "model", "C#"),
    ("Shop/Views/Home/Index.cshtml", "template", "Razor"),
    ("Shop/Shop.csproj", "build", "XML"),
    ("Shop/appsettings.Development.json", "config", "JSON"),
    # SQL and the rest
    ("sql/report.sql", "other", "SQL"),
    ("schema.sql", "migration", "SQL"),
    ("api/user.proto", "serializer", "Protocol Buffers"),
    (".github/workflows/ci.yml", "build", "YAML"),
    ("Dockerfile", "build", "Dockerfile"),
    ("deploy/Dockerfile.prod", "build", None),
    ("Makefile", "build", "Makefile"),
    ("infra/main.tf", "build", "Terraform"),
    ("CHANGELOG", "docs", None),
    ("settings.yaml", "config", "YAML"),
    (".env.production", "config", None),
    ("uv.lock", "build", None),
    ("data.bin", "other", None),
    ("", "other", None),
    ("/", "other", None),
]


@pytest.mark.parametrize(("path", "path_class", "language"), PATHS)
def test_a_path_has_its_class_and_language(path: str, path_class: str, language: str | None) -> None:
    assert classify(path) == (path_class, language)


@pytest.mark.parametrize(("path", "path_class", "language"), [row for row in PATHS if row[0] not in ("", "/")])
def test_neither_slashes_nor_what_is_above_the_project_matter(path: str, path_class: str, language: str | None) -> None:
    for above in (
        "C:\\Users\\test\\docs\\",
        "C:\\work\\",
        "/home/tests/api/",
        "/Users/doc/models/",
        "/root/config/",
        "/app/",
    ):
        absolute = above + path.replace("/", "\\" if "\\" in above else "/")
        assert classify(absolute) == (path_class, language), absolute


def test_a_home_called_tests_makes_no_tests() -> None:
    assert classify("/home/tests/project/main.py") == ("other", "Python")


@given(st.text(max_size=300))
def test_any_text_is_classified(path: str) -> None:
    path_class, language = classify(path)
    assert path_class
    assert language is None or language


def test_a_very_long_name_is_classified_quickly() -> None:
    assert classify("a_" * 100_000 + "test.py") == ("test", "Python")
    assert classify("a/" * 100_000 + "views.py") == ("view", "Python")
