"""Holds docs/asyncapi.yaml to the golden frames: whoever changes one and forgets the other fails here.

    .cache/venv/bin/python tests/foreign/asyncapi.py [ROOT]

ROOT is the repository, or a copy of its docs/ and tests/fixtures/; the repository if absent. Prints how many frames were
held against how many messages, or every difference that was found, and then exits with 1.
"""

import json
import re
import sys
from pathlib import Path

import jsonschema
import yaml

# What AsyncAPI 3.0 knows, by the place of the object. An extension begins with `x-`.
REQUIRED = ("asyncapi", "info", "channels", "operations", "components")
KNOWN = {
    "document": {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},
    "info": {"title", "version", "description", "termsOfService", "contact", "license", "tags", "externalDocs"},
    "server": {"host", "protocol", "protocolVersion", "pathname", "description", "title", "summary", "variables",
               "security", "tags", "externalDocs", "bindings"},
    "channel": {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags",
                "externalDocs", "bindings"},
    "operation": {"action", "channel", "title", "summary", "description", "security", "tags", "externalDocs",
                  "bindings", "traits", "messages", "reply"},
    "message": {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags",
                "externalDocs", "bindings", "examples", "traits"},
    "example": {"headers", "payload", "name", "summary"},
}
# The one frame that has a field which no schema names.
FROM_A_LATER_VERSION = "unknown-field"
DEPTH_MAX = 8
BOUNDS = ("maxLength", "maxItems", "maxProperties", "maximum")
# Bounds of JSON's numbers, not of the hub.
NUMBERS = (2**32 - 1, 2**53 - 1)


class Check:
    """The document, the frames, and what was found to differ between them."""

    def __init__(self, root):
        self.findings = []
        self.document = yaml.safe_load((root / "docs/asyncapi.yaml").read_text(encoding="utf-8"))
        self.page = (root / "docs/PROTOCOL.md").read_text(encoding="utf-8")
        self.fixtures = root / "tests/fixtures/protocol"
        self.frames = {
            side: {path.stem: read(path) for path in sorted((self.fixtures / side).glob("*.json"))}
            for side in ("client", "server")
        }

    def run(self):
        self.structure()
        if self.findings:
            return  # What follows relies on the structure.
        whole = self.resolved(self.document, "#")
        if self.findings:
            return
        self.messages = whole["components"]["messages"]
        self.schemas = whole["components"]["schemas"]
        self.directions()
        self.hold_frames()
        self.hold_refusals()
        self.hold_tables()
        for name, schema in (*self.schemas.items(), *((n, m["payload"]) for n, m in self.messages.items())):
            self.hold_limits(name, schema)

    def differs(self, where, what):
        self.findings.append(f"{where}: {what}")

    def expect_equal(self, where, found, expected):
        if found != expected:
            self.differs(where, f"is {found}, and should be {expected}")

    # --- Whether it is AsyncAPI ---------------------------------------------------------------------------------------

    def structure(self):
        document = self.document
        for field in REQUIRED:
            if not document.get(field):
                self.differs(field, "is missing")
        if self.findings:
            return
        if not re.fullmatch(r"3\.\d+\.\d+", document["asyncapi"]):
            self.differs("asyncapi", "is not version 3")
        self.fields("document", "document", document)
        self.fields("info", "info", document["info"], ("title", "version"))
        for name, server in document.get("servers", {}).items():
            self.fields(f"servers/{name}", "server", server, ("host", "protocol"))
        for name, channel in document["channels"].items():
            self.fields(f"channels/{name}", "channel", channel, ("address", "messages"))
        for name, operation in document["operations"].items():
            self.fields(f"operations/{name}", "operation", operation, ("action", "channel", "messages"))
            if operation.get("action") not in ("send", "receive"):
                self.differs(f"operations/{name}", "the action is send or receive")
            self.references(f"operations/{name}", operation)
        for name, message in document["components"].get("messages", {}).items():
            self.fields(f"messages/{name}", "message", message, ("payload", "examples"))
            for example in message.get("examples", []):
                self.fields(f"messages/{name}/examples", "example", example, ("name", "payload"))

    def fields(self, where, what, value, required=()):
        for field in required:
            if field not in value:
                self.differs(where, f"has no {field}")
        for field in value:
            if field not in KNOWN[what] and not field.startswith("x-"):
                self.differs(where, f"{field} is no field of an AsyncAPI {what}")

    def references(self, where, operation):
        """An operation names a channel and messages of that channel, by reference (AsyncAPI 3.0, Operation Object)."""
        for part in (operation, operation.get("reply", {})):
            channel = part.get("channel", {}).get("$ref", "")
            if part and not channel.startswith("#/channels/"):
                self.differs(where, "the channel is not a reference to a channel")
            for message in part.get("messages", []):
                if not message.get("$ref", "").startswith(f"{channel}/messages/"):
                    self.differs(where, f"{message} is no message of its channel")

    def resolved(self, value, where):
        """The value with each reference replaced by what it names."""
        if isinstance(value, list):
            return [self.resolved(item, f"{where}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if "$ref" not in value:
            return {name: self.resolved(item, f"{where}/{name}") for name, item in value.items()}
        if len(value) > 1:
            self.differs(where, "what stands beside a $ref is ignored")
        target = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if target is None or not value["$ref"].startswith("#/"):
            self.differs(where, f"{value['$ref']} leads nowhere")
            return {}
        return self.resolved(target, value["$ref"])

    # --- Whether it is our protocol -----------------------------------------------------------------------------------

    def directions(self):
        """Splits the messages by who says them, and wants every one of them in an operation."""
        said = {"client": set(), "server": set()}
        names = lambda part: {reference["$ref"].rsplit("/", 1)[1] for reference in part.get("messages", [])}
        for operation in self.document["operations"].values():
            said["client" if operation["action"] == "receive" else "server"] |= names(operation)
            said["server"] |= names(operation.get("reply", {}))
        self.expect_equal("operations", sorted(said["client"] | said["server"]), sorted(self.messages))
        self.said = said
        for name, message in self.messages.items():
            for schema in alternatives(message["payload"]):
                kind = message.get("name", name)
                self.expect_equal(f"messages/{name}", schema["properties"]["type"].get("const"), kind)

    def hold_frames(self):
        for side, frames in self.frames.items():
            known = [name for name in sorted(self.said[side]) if name in self.messages]
            # Both sides may have a type of one name, for different things: one of the messages says its type apart.
            spoken = {self.messages[name].get("name", name): self.messages[name] for name in known}
            examples = {}
            for name, message in spoken.items():
                for example in message["examples"]:
                    if example["name"] in examples:
                        self.differs(f"messages/{name}", f"the example {example['name']} is there twice")
                    examples[example["name"]] = example["payload"]
            self.expect_equal(f"examples of the {side}'s messages", sorted(examples), sorted(frames))
            for stem, frame in frames.items():
                self.expect_equal(f"example {stem}", examples.get(stem), frame)
                self.hold_frame(f"{side}/{stem}.json", frame, spoken)
            missing = set(spoken) - {frame.get("type") for frame in frames.values()}
            for name in sorted(missing):
                self.differs(f"messages/{name}", "has no golden frame")

    def hold_frame(self, where, frame, spoken):
        message = spoken.get(frame.get("type"))
        if message is None:
            self.differs(where, f"no message of type {frame.get('type')}")
            return
        for error in errors(message["payload"], frame):
            self.differs(where, error)
        strange = errors(closed(message["payload"]), frame)
        if Path(where).stem == FROM_A_LATER_VERSION:
            if not strange:
                self.differs(where, "every field is known, so it shows nothing")
            return
        for error in strange:
            self.differs(where, f"a field that the schema does not name: {error}")

    def hold_refusals(self):
        """What the hub refuses fits no message, as far as a schema can say so."""
        for refused in read(self.fixtures / "refused.json"):
            try:
                frame = json.loads(refused["text"])
            except ValueError:
                continue
            if not isinstance(frame, dict) or depth(frame) > DEPTH_MAX:
                continue
            message = self.messages.get(frame.get("type")) if isinstance(frame.get("type"), str) else None
            if message and frame["type"] in self.said["client"] and not errors(message["payload"], frame):
                self.differs("refused.json", f"the schema takes what the hub refuses: {refused['text']}")

    def hold_tables(self):
        close = read(self.fixtures / "close.json")
        table = [{field: row[field] for field in ("number", "code", "retry")} for row in close]
        self.expect_equal("ErrorCode", self.schemas["ErrorCode"]["enum"], read(self.fixtures / "errors.json"))
        self.expect_equal("x-close-codes", self.document["channels"]["socket"]["x-close-codes"], table)
        self.expect_equal("CloseNumber", self.schemas["CloseNumber"]["enum"], [row["number"] for row in close])
        reason = self.schemas["CloseReason"]
        self.expect_equal("CloseReason", reason["properties"]["code"]["enum"], [row["code"] for row in close])
        for row in close:
            for error in errors(closed(reason), json.loads(row["reason"])):
                self.differs(f"close.json {row['number']}", error)
        for name, known in (("publish", "SentKind"), ("publication", "Kind")):
            kinds = [schema["properties"]["kind"]["const"] for schema in self.messages[name]["payload"]["oneOf"]]
            self.expect_equal(f"kinds of {name}", kinds, self.schemas[known]["enum"])

    def hold_limits(self, where, schema):
        """Every bound says which limit of docs/PROTOCOL.md it is. A Rust test holds that table to the code."""
        if isinstance(schema, list):
            for item in schema:
                self.hold_limits(where, item)
        if not isinstance(schema, dict):
            return
        bounds = [schema[bound] for bound in BOUNDS if bound in schema and schema[bound] not in NUMBERS]
        fixed = schema.get("minItems") == schema.get("maxItems")
        if "x-limit" in schema:
            row = re.search(rf"^\|[^|]*\| ([\d,]+) \|[^|]*\| `{schema['x-limit']}` \|$", self.page, re.MULTILINE)
            stated = int(row.group(1).replace(",", "")) if row else None
            self.expect_equal(f"{where}: {schema['x-limit']}", bounds, [stated])
        elif bounds and not fixed:
            self.differs(where, f"the bound {bounds} names no limit")
        for name, item in schema.items():
            if name != "examples":
                self.hold_limits(f"{where}/{name}", item)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def alternatives(schema):
    return schema.get("oneOf", [schema])


def closed(schema):
    """The schema with every object closed: a field that it does not name is an error."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: closed(item) for name, item in schema.items()}
    if schema.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    return strict


def errors(schema, value):
    """What is wrong with a value. AsyncAPI's schemas are JSON Schema draft 7."""
    jsonschema.Draft7Validator.check_schema(schema)
    found = jsonschema.Draft7Validator(schema).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def depth(value):
    """How deeply objects and lists nest."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    try:
        check = Check(root)
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.exit(f"asyncapi: {error}")
    check.run()
    for finding in check.findings:
        print(f"asyncapi: {finding}", file=sys.stderr)
    if check.findings:
        sys.exit(1)
    print(f"{sum(map(len, check.frames.values()))} frames, {len(check.messages)} messages")


if __name__ == "__main__":
    main()
