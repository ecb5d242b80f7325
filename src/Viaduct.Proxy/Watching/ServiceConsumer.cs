using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Watching;

/// <summary>Leads Services to the trackers of all families.</summary>
internal sealed class ServiceConsumer(IReadOnlyList<FamilyProxy> families, IProxyObserver observer) : IReflectorConsumer<Service>
{
    public void BeginReplace() => families.Track(t => t.BeginServices());

    public void Set(Service value) => Tell(families.Track(t => t.Set(value)));

    public void Remove(Service value) => Tell(families.Track(t => t.Remove(value)));

    public void EndReplace() => families.Track(t => t.EndServices());

    private void Tell(bool isNews)
    {
        if (isNews)
            observer.Queued(1, 0);
    }
}
