"""Runs ariadne-codegen over a schema bundle: python run.py BUNDLE

Its client must load, read an answer and write an input, and nothing of the schema may have become an `Any`.
"""

import ast
import json
import pathlib
import shutil
import subprocess
import sys
import warnings

here = pathlib.Path(__file__).parent
bundle = pathlib.Path(sys.argv[1]).resolve()
out = here / "generated"
# Files that ariadne-codegen writes for whatever schema.
HELPERS = {"base_client.py", "base_model.py", "exceptions.py"}

shutil.rmtree(out, ignore_errors=True)
out.mkdir()
settings = [
    "[tool.ariadne-codegen]",
    f"schema_path = {json.dumps(str(bundle / 'schema.graphql'))}",
    f"queries_path = {json.dumps(str(bundle / 'operations'))}",
    'target_package_name = "stoa_client"',
    "async_client = false",
]
for name, types in json.loads((bundle / "scalars.json").read_text()).items():
    settings += [f"[tool.ariadne-codegen.scalars.{name}]", f"type = {json.dumps(types['python']['type'])}"]
(out / "pyproject.toml").write_text("\n".join(settings) + "\n")
program = pathlib.Path(sys.executable).parent / "ariadne-codegen"
done = subprocess.run([program], cwd=out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
if done.returncode != 0:
    sys.exit(f"ariadne-codegen failed:\n{done.stdout}")

files, annotations, places = 0, 0, []
for file in sorted((out / "stoa_client").glob("*.py")):
    if file.name in HELPERS:
        continue
    files += 1
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            parts = [node.returns] + [argument.annotation for argument in node.args.args + node.args.kwonlyargs]
        elif isinstance(node, ast.AnnAssign):
            # The client's own dictionary of variables holds values of all types before they are sent.
            parts = [] if getattr(node.target, "id", "") == "variables" else [node.annotation]
        else:
            continue
        for part in filter(None, parts):
            annotations += 1
            if any(isinstance(one, ast.Name) and one.id == "Any" for one in ast.walk(part)):
                places.append(f"{file}:{part.lineno}: {ast.unparse(part)}")
if places:
    sys.exit("\n".join(places))

warnings.simplefilter("ignore")
sys.path.insert(0, str(out))
import stoa_client  # noqa: E402

codes = stoa_client.ErrorCodes.model_validate({
    "errorCodes": [{"code": "INVALID", "meaning": "m", "isRetryable": False, "httpStatus": 200, "remedy": "r"}]
})
assert codes.error_codes[0].code is stoa_client.ErrorCode.INVALID
draft = stoa_client.AppendMessageInput(conversation_id="conv_1", content="Hello", client_id="5d0f7c1e-3a52-4e0b-9f64-0c8f6f0a0002")
assert draft.model_dump(mode="json", by_alias=True, exclude_unset=True)["clientId"] == "5d0f7c1e-3a52-4e0b-9f64-0c8f6f0a0002"
print(f"ariadne-codegen: {files} files, {annotations} annotations, {len(places)} Any")
