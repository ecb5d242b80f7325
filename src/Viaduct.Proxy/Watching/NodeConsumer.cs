using Viaduct.Kube.Informers;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Watching;

/// <summary>Leads this node's zone to the trackers and the node itself to the observer.</summary>
internal sealed class NodeConsumer(IReadOnlyList<FamilyProxy> families, IProxyObserver observer) : IReflectorConsumer<KubeNode>
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private bool isThere;

    public void BeginReplace() => isThere = false;

    public void Set(KubeNode value)
    {
        isThere = true;
        families.Track(t => t.SetZone(value.Metadata.Labels?.GetValueOrDefault(ZoneLabel)));
        observer.NodeChanged(value);
    }

    // The zone stays: whatever endpoints were chosen by it are as good as before.
    public void Remove(KubeNode value)
    {
        isThere = false;
        observer.NodeChanged(null);
    }

    public void EndReplace()
    {
        if (!isThere)
            observer.NodeChanged(null);
    }
}
