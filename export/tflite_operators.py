"""The operators a TFLite file uses."""

from ai_edge_litert import schema_py_generated as schema


def operators(content: bytes) -> list[str]:
    """Sorted names of the operators in a TFLite file; custom and Flex ones by their own names."""
    model = schema.Model.GetRootAs(content, 0)
    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    found = set()
    for index in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(index)
        # Old files store small codes in the deprecated field only.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        custom = number == schema.BuiltinOperator.CUSTOM
        found.add(f"custom:{code.CustomCode().decode()}" if custom else names[number])
    return sorted(found)


def custom_operators(content: bytes) -> list[str]:
    """Those that are not built in."""
    return [name.removeprefix("custom:") for name in operators(content) if name.startswith("custom:")]
