"""The templates of the pages: everything that a caption says is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcap.errors import ReportError, install_extra

if TYPE_CHECKING:
    from jinja2 import Template

#: A page may use what it carries and ask the network for nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def template(name: str) -> Template:
    """One of the package's templates, with escaping on.

    Raises:
        ReportError: Jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise ReportError(f"HTML needs the extra `report`; {install_extra('report')}") from error
    environment = Environment(
        loader=PackageLoader("mlcap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["policy"] = POLICY
    # The facets and values keep the taxonomy's order.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    return environment.get_template(name)
