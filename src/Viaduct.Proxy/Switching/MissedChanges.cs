using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Switching;

/// <summary>Collects changes for a backend that cannot take them yet.</summary>
internal sealed class MissedChanges
{
    private readonly HashSet<Frontend> frontends = [];
    private bool serviceCidrs;

    public void Add(ProxyChange change)
    {
        frontends.UnionWith(change.Frontends);
        serviceCidrs |= change.ServiceCidrsChanged;
    }

    /// <summary>All of them as one.</summary>
    public ProxyChange ToChange() => new(frontends, serviceCidrs);
}
