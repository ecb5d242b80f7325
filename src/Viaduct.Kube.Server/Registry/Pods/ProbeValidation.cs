using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Pods;

/// <summary>Rules of a liveness, readiness or startup probe.</summary>
internal static class ProbeValidation
{
    private static readonly string[] Handlers = ["exec", "httpGet", "tcpSocket", "grpc"];

    public static void Validate(string path, JsonObject? probe, FieldErrors errors)
    {
        if (probe is null)
            return;
        var handlers = Handlers.Where(h => probe.Child(h) is not null).ToList();
        if (handlers.Count == 0)
            errors.Required(path, "must specify a handler type");
        foreach (var extra in handlers.Skip(1))
            errors.Forbidden($"{path}.{extra}", "may not specify more than 1 handler type");
        foreach (var handler in (ReadOnlySpan<string>)["httpGet", "tcpSocket"])
        {
            if (probe.Child(handler) is { } action)
                PortRules.RequireNumberOrName($"{path}.{handler}.port", action["port"], errors);
        }
        if (probe.Child("exec") is { } exec && !exec.Texts("command").Any())
            errors.Required($"{path}.exec.command");
        if (probe.Child("httpGet")?.Text("scheme") is { } scheme and not ("HTTP" or "HTTPS"))
            errors.NotSupported($"{path}.httpGet.scheme", scheme, "HTTP", "HTTPS");
        foreach (var field in (ReadOnlySpan<string>)["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
        {
            if (probe.Number(field) < 0)
                errors.Invalid($"{path}.{field}", probe[field], "must be greater than or equal to 0");
        }
        if (path.EndsWith("readinessProbe", StringComparison.Ordinal))
            return;
        if (probe.Number("successThreshold") is { } threshold and not 1)
            errors.Invalid($"{path}.successThreshold", threshold, "must be 1");
    }
}
