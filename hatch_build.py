"""Build hook: puts the built pages and the country database into the wheel; it builds neither (no npm inside pip)."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = {"ui/dist": "dohyo/api/pages", "src/dohyo/search/geo/country.mmdb": "dohyo/search/geo/country.mmdb"}


class CopyBuiltFiles(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "editable":
            return
        for source, target in BUILT.items():
            path = Path(self.root) / source
            if not path.exists():
                raise FileNotFoundError(f"{source} is not built; run script/prepare first")
            build_data["force_include"][str(path)] = target
