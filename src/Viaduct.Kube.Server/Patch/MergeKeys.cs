using System.Collections.Frozen;

namespace Viaduct.Kube.Server.Patch;

/// <summary>
/// How a strategic merge patch treats a list: the patchStrategy and patchMergeKey tags of the Kubernetes API types.
/// Lists that are not named here are replaced whole.
/// </summary>
internal static class MergeKeys
{
    private static readonly FrozenDictionary<string, string> Lists = new Dictionary<string, string>
    {
        ["V1ObjectMeta.ownerReferences"] = "uid",
        ["V1ObjectMeta.finalizers"] = "",
        ["V1NamespaceStatus.conditions"] = "type",
        ["V1NodeSpec.podCIDRs"] = "",
        ["V1NodeStatus.addresses"] = "type",
        ["V1NodeStatus.conditions"] = "type",
        ["V1PodSpec.containers"] = "name",
        ["V1PodSpec.initContainers"] = "name",
        ["V1PodSpec.ephemeralContainers"] = "name",
        ["V1PodSpec.volumes"] = "name",
        ["V1PodSpec.imagePullSecrets"] = "name",
        ["V1PodSpec.hostAliases"] = "ip",
        ["V1PodSpec.resourceClaims"] = "name",
        ["V1PodSpec.schedulingGates"] = "name",
        ["V1PodSpec.topologySpreadConstraints"] = "topologyKey",
        ["V1PodStatus.conditions"] = "type",
        ["V1PodStatus.podIPs"] = "ip",
        ["V1PodStatus.hostIPs"] = "ip",
        ["V1PodStatus.resourceClaimStatuses"] = "name",
        ["V1Container.env"] = "name",
        ["V1Container.ports"] = "containerPort",
        ["V1Container.volumeDevices"] = "devicePath",
        ["V1Container.volumeMounts"] = "mountPath",
        ["V1EphemeralContainer.env"] = "name",
        ["V1EphemeralContainer.ports"] = "containerPort",
        ["V1EphemeralContainer.volumeDevices"] = "devicePath",
        ["V1EphemeralContainer.volumeMounts"] = "mountPath",
        ["V1ServiceSpec.ports"] = "port",
        ["V1ServiceStatus.conditions"] = "type",
        ["V1ServiceAccount.secrets"] = "name",
        ["V1DeploymentStatus.conditions"] = "type",
        ["V1ReplicaSetStatus.conditions"] = "type",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null: the list is replaced. Empty: a set of scalars. Else the field that names an element.</summary>
    public static string? Of(string typeName, string field) => Lists.GetValueOrDefault($"{typeName}.{field}");
}
