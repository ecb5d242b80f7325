using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Watching;

/// <summary>Leads EndpointSlices to the trackers of all families.</summary>
internal sealed class SliceConsumer(IReadOnlyList<FamilyProxy> families, IProxyObserver observer) : IReflectorConsumer<EndpointSlice>
{
    public void BeginReplace() => families.Track(t => t.BeginSlices());

    public void Set(EndpointSlice value) => Tell(families.Track(t => t.Set(value)));

    public void Remove(EndpointSlice value) => Tell(families.Track(t => t.Remove(value)));

    public void EndReplace() => families.Track(t => t.EndSlices());

    private void Tell(bool isNews)
    {
        if (isNews)
            observer.Queued(0, 1);
    }
}
