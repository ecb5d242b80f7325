using Viaduct.Linux.Netlink;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Service ports that the kernel refuses as they are. The others must not wait for them: what they had stays, and they are tried again when they change.
/// </summary>
internal sealed class Quarantine
{
    private readonly PortQuarantine refused = new("the kernel");
    // Ports of a batch that was refused: written one by one until it is clear whose fault it was.
    private readonly HashSet<ServicePortName> suspects = [];

    public IReadOnlyList<ServiceProblem> Problems => refused.Problems;

    public IReadOnlyCollection<ServicePortName> Names => refused.Names;

    public bool Has(ServicePortState port) => refused.Has(port);

    public bool HasSuspects => suspects.Count > 0;

    public bool IsSuspect(ServicePortName port) => suspects.Contains(port);

    /// <summary>Forgets ports that are gone or changed.</summary>
    public void Update(ProxyState desired) => refused.Update(desired);

    /// <summary>A plan on a table that was just read was refused. True if another try will get further.</summary>
    /// <param name="error">What the kernel said.</param>
    /// <param name="ports">The ports of the refused batch.</param>
    /// <param name="desired">The state that was being written.</param>
    public bool Blame(NetlinkException error, IReadOnlySet<ServicePortName> ports, ProxyState desired)
    {
        // EPERM and full buffers are nobody's fault, nor is what no message of the batch was refused for, such as a lost acknowledgement.
        if (error.IsTransient || error.IsPermissionDenied || error.Item is null || ports.Count == 0)
            return false;
        // One that was refused together with sets or rules, or by chance, is written once more alone.
        if (ports.Count > 1 || !IsSuspect(ports.First()))
            return AddSuspects(ports);
        var port = ports.First();
        suspects.Remove(port);
        refused.Add(desired.Ports[port], error.Message);
        return true;
    }

    /// <summary>Everything else is written: nobody is suspected any more.</summary>
    public void Acquit() => suspects.Clear();

    private bool AddSuspects(IReadOnlySet<ServicePortName> ports)
    {
        var known = suspects.Count;
        suspects.UnionWith(ports);
        return suspects.Count > known;
    }
}
