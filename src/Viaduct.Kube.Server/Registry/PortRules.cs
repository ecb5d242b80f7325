using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Port numbers, names and protocols, wherever they stand.</summary>
internal static class PortRules
{
    private const string Range = "must be between 1 and 65535, inclusive";

    public static void Require(string field, JsonNode? port, FieldErrors errors)
    {
        if (port.ToNumber() is not { } number || number == 0)
            errors.Required(field);
        else if (number is < 1 or > 65535)
            errors.Invalid(field, number, Range);
    }

    /// <summary>A number in range or the name of a port.</summary>
    public static void RequireNumberOrName(string field, JsonNode? port, FieldErrors errors)
    {
        if (port is JsonValue value && value.TryGetValue<string>(out var name))
        {
            if (Names.PortNameProblem(name) is { } problem)
                errors.Invalid(field, name, problem);
        }
        else if (port.ToNumber() is not (>= 1 and <= 65535))
            errors.Invalid(field, port.ToNumber() ?? 0, Range);
    }

    public static void ValidateProtocol(string field, string? protocol, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(protocol))
            errors.Required(field);
        else if (protocol is not ("TCP" or "UDP" or "SCTP"))
            errors.NotSupported(field, protocol, "TCP", "UDP", "SCTP");
    }
}
