using System.Globalization;
using System.Net;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Containers;

/// <summary>What the environment of a container is made from.</summary>
/// <param name="Pod">The pod, for field references.</param>
/// <param name="PodIPs">The pod's addresses.</param>
/// <param name="HostIPs">The node's addresses.</param>
/// <param name="NodeName">The node's name.</param>
/// <param name="Services">Services of the pod's namespace, and <c>default/kubernetes</c>.</param>
/// <param name="ConfigMaps">ConfigMaps of the pod's namespace by name, those that exist.</param>
internal sealed record EnvironmentSources(
    Pod Pod,
    IReadOnlyList<IPAddress> PodIPs,
    IReadOnlyList<IPAddress> HostIPs,
    string NodeName,
    IReadOnlyList<Service> Services,
    IReadOnlyDictionary<string, ConfigMap> ConfigMaps);

/// <summary>The environment of a container with a command: service variables, then the container's own.</summary>
internal static class ContainerEnvironment
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Throws <see cref="ContainerStartException"/> naming the variable that cannot be made.</summary>
    public static Dictionary<string, string> Build(Container container, EnvironmentSources sources)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = DefaultPath };
        AddServices(result, sources);
        foreach (var variable in container.Env ?? [])
        {
            if (Resolve(variable, sources, name => result.GetValueOrDefault(name)) is { } value)
                result[variable.Name] = value;
        }

        return result;
    }

    /// <summary>Names of the ConfigMaps that the container's variables refer to.</summary>
    public static IEnumerable<string> ConfigMapNames(Container container) =>
        (container.Env ?? []).Select(e => e.ValueFrom?.ConfigMapKeyRef?.Name).OfType<string>().Distinct(StringComparer.Ordinal);

    private static string? Resolve(EnvVar variable, EnvironmentSources sources, Func<string, string?> lookup) => variable.ValueFrom switch
    {
        null => VariableExpansion.Expand(variable.Value ?? "", lookup),
        { FieldRef: { } field } => PodField(variable, field.FieldPath, sources),
        { ConfigMapKeyRef: { } key } => ConfigMapValue(variable, key, sources),
        _ => throw ConfigError($"env {variable.Name}: valueFrom must hold a fieldRef or a configMapKeyRef; other sources are not supported for a container with a command"),
    };

    private static string PodField(EnvVar variable, string path, EnvironmentSources sources)
    {
        var meta = sources.Pod.Metadata;
        return path switch
        {
            "metadata.name" => meta.Name ?? "",
            "metadata.namespace" => meta.Namespace ?? "",
            "metadata.uid" => meta.Uid ?? "",
            "spec.nodeName" => sources.NodeName,
            "spec.serviceAccountName" => sources.Pod.Spec?.ServiceAccountName ?? "default",
            "status.podIP" => $"{sources.PodIPs[0]}",
            "status.podIPs" => string.Join(',', sources.PodIPs),
            "status.hostIP" => $"{sources.HostIPs[0]}",
            "status.hostIPs" => string.Join(',', sources.HostIPs),
            _ => Keyed(path, "metadata.labels", meta.Labels)
                ?? Keyed(path, "metadata.annotations", meta.Annotations)
                ?? throw ConfigError($"env {variable.Name}: fieldPath \"{path}\" is not supported"),
        };
    }

    /// <summary><c>metadata.labels['key']</c>; an absent key is the empty string, another path is null.</summary>
    private static string? Keyed(string path, string prefix, IReadOnlyDictionary<string, string>? values) =>
        path.StartsWith(prefix + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? values?.GetValueOrDefault(path[(prefix.Length + 2)..^2]) ?? ""
            : null;

    private static string? ConfigMapValue(EnvVar variable, ConfigMapKeySelector key, EnvironmentSources sources)
    {
        var map = sources.ConfigMaps.GetValueOrDefault(key.Name ?? "");
        if (map?.Data?.GetValueOrDefault(key.Key) is { } value)
            return value;
        if (key.Optional == true)
            return null;
        throw ConfigError(map is null
            ? $"env {variable.Name}: configmap \"{key.Name}\" not found"
            : $"env {variable.Name}: couldn't find key {key.Key} in ConfigMap {sources.Pod.Metadata.Namespace}/{key.Name}");
    }

    private static ContainerStartException ConfigError(string message) => new("CreateContainerConfigError", message) { IsConfiguration = true };

    /// <summary>NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_SERVICE_PORT_PORTNAME per Service with a cluster address.</summary>
    private static void AddServices(Dictionary<string, string> result, EnvironmentSources sources)
    {
        foreach (var service in sources.Services)
        {
            if (service.Spec is not { ClusterIP: { Length: > 0 } address and not "None", Ports: { Count: > 0 } ports })
                continue;
            var name = VariableName(service.Metadata.Name ?? "");
            result[$"{name}_SERVICE_HOST"] = address;
            result[$"{name}_SERVICE_PORT"] = ports[0].Port.ToString(CultureInfo.InvariantCulture);
            foreach (var port in ports.Where(p => !string.IsNullOrEmpty(p.Name)))
                result[$"{name}_SERVICE_PORT_{VariableName(port.Name!)}"] = port.Port.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string VariableName(string name) => name.ToUpperInvariant().Replace('-', '_');
}
