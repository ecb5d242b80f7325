using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Registry.Pods;

/// <summary>Rules of one container.</summary>
internal static class ContainerValidation
{
    public static void Validate(string path, JsonObject container, HashSet<string> names, HashSet<string> volumes, FieldErrors errors)
    {
        Names.Check($"{path}.name", container.Text("name"), NameRule.Label, errors);
        if (container.Text("name") is { Length: > 0 } name && !names.Add(name))
            errors.Duplicate($"{path}.name", name);
        if (string.IsNullOrWhiteSpace(container.Text("image")))
            errors.Required($"{path}.image");
        if (container.Text("imagePullPolicy") is not ("Always" or "IfNotPresent" or "Never"))
            errors.NotSupported($"{path}.imagePullPolicy", container.Text("imagePullPolicy"), "Always", "IfNotPresent", "Never");
        ValidatePorts($"{path}.ports", container, errors);
        ValidateEnvironment($"{path}.env", container, errors);
        ValidateMounts($"{path}.volumeMounts", container, volumes, errors);
        ValidateResources($"{path}.resources", container.Child("resources"), errors);
        foreach (var probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
            ProbeValidation.Validate($"{path}.{probe}", container.Child(probe), errors);
    }

    private static void ValidatePorts(string path, JsonObject container, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var port in container.Items("ports"))
        {
            var field = $"{path}[{index++}]";
            if (port.Text("name") is { Length: > 0 } name)
            {
                if (Names.PortNameProblem(name) is { } problem)
                    errors.Invalid($"{field}.name", name, problem);
                else if (!names.Add(name))
                    errors.Duplicate($"{field}.name", name);
            }
            PortRules.Require($"{field}.containerPort", port["containerPort"], errors);
            if (port.Number("hostPort") is { } and not 0)
                PortRules.Require($"{field}.hostPort", port["hostPort"], errors);
            PortRules.ValidateProtocol($"{field}.protocol", port.Text("protocol"), errors);
        }
    }

    private static void ValidateEnvironment(string path, JsonObject container, FieldErrors errors)
    {
        var index = 0;
        foreach (var variable in container.Items("env"))
        {
            var field = $"{path}[{index++}]";
            if (string.IsNullOrEmpty(variable.Text("name")))
                errors.Required($"{field}.name");
            else if (variable.Text("name")!.Contains('=', StringComparison.Ordinal))
                errors.Invalid($"{field}.name", variable.Text("name"), "a valid environment variable name must not contain '='");
            if (variable.Child("valueFrom") is not { } source)
                continue;
            if (!string.IsNullOrEmpty(variable.Text("value")))
                errors.Invalid($"{field}.valueFrom", "", "may not be specified when `value` is not empty");
            if (source.Count != 1)
                errors.Invalid($"{field}.valueFrom", "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
        }
    }

    private static void ValidateMounts(string path, JsonObject container, HashSet<string> volumes, FieldErrors errors)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var mount in container.Items("volumeMounts"))
        {
            var field = $"{path}[{index++}]";
            var name = mount.Text("name") ?? "";
            if (name.Length == 0)
                errors.Required($"{field}.name");
            else if (!volumes.Contains(name))
                errors.NotFound($"{field}.name", name);
            if (string.IsNullOrEmpty(mount.Text("mountPath")))
                errors.Required($"{field}.mountPath");
            else if (!paths.Add(mount.Text("mountPath")!))
                errors.Invalid($"{field}.mountPath", mount.Text("mountPath"), "must be unique");
        }
    }

    private static void ValidateResources(string path, JsonObject? resources, FieldErrors errors)
    {
        var limits = resources?.Entries("limits").ToDictionary() ?? [];
        foreach (var (name, value) in resources?.Entries("requests") ?? [])
        {
            if (Quantity.Value(value) < 0)
                errors.Invalid($"{path}.requests.{name}", value, "must be greater than or equal to 0");
            if (limits.TryGetValue(name, out var limit) && Quantity.Value(value) > Quantity.Value(limit))
                errors.Invalid($"{path}.requests", value, $"must be less than or equal to {name} limit of {limit}");
        }
        foreach (var (name, value) in limits)
        {
            if (Quantity.Value(value) < 0)
                errors.Invalid($"{path}.limits.{name}", value, "must be greater than or equal to 0");
        }
    }
}
