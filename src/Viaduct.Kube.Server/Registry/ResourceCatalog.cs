using System.Collections.Frozen;
using Viaduct.Kube.Server.Registry.Kinds;
using Viaduct.Kube.Server.Registry.Services;

namespace Viaduct.Kube.Server.Registry;

/// <summary>All kinds that are served. A new kind is a strategy in this list and its type in the schema.</summary>
internal sealed class ResourceCatalog
{
    private readonly FrozenDictionary<string, ResourceStrategy> _byQualifiedName;

    public ResourceCatalog(ServiceRanges ranges)
    {
        All =
        [
            new ConfigMapStrategy(), new EndpointsStrategy(), new EventStrategy(), new NamespaceStrategy(), new NodeStrategy(), new PodStrategy(),
            new SecretStrategy(), new ServiceAccountStrategy(), new ServiceStrategy(ranges),
            new DeploymentStrategy(), new ReplicaSetStrategy(),
            new LeaseStrategy(),
            new EndpointSliceStrategy(),
            new ServiceCidrStrategy(),
        ];
        _byQualifiedName = All.ToFrozenDictionary(s => s.Resource.Qualified(), StringComparer.Ordinal);
    }

    public IReadOnlyList<ResourceStrategy> All { get; }

    /// <summary>By <c>pods</c> or <c>deployments.apps</c>, the name in the store.</summary>
    public ResourceStrategy this[string qualifiedName] => _byQualifiedName[qualifiedName];

    public ResourceStrategy? Find(string group, string version, string plural)
    {
        var strategy = _byQualifiedName.GetValueOrDefault(group.Length == 0 ? plural : $"{plural}.{group}");
        return strategy?.Resource.Version == version ? strategy : null;
    }
}
