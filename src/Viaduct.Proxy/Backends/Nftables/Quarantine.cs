using Viaduct.Linux.Netlink;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Service ports that the kernel refuses as they are. The others must not wait for them: what they had stays, and they are tried again when they change.
/// </summary>
internal sealed class Quarantine
{
    private readonly Dictionary<ServicePortName, (ServicePortState State, string Message)> refused = [];
    // Ports of a batch that was refused: written one by one until it is clear whose fault it was.
    private readonly HashSet<ServicePortName> suspects = [];

    public IReadOnlyList<ServiceProblem> Problems => [.. refused.Select(r => new ServiceProblem(r.Key.Service, r.Value.Message))];

    public bool Has(ServicePortState port) => refused.Count > 0 && refused.TryGetValue(port.Name, out var entry) && entry.State.Equals(port);

    public bool HasSuspects => suspects.Count > 0;

    public bool IsSuspect(ServicePortName port) => suspects.Contains(port);

    /// <summary>Forgets ports that are gone or changed.</summary>
    public void Update(ProxyState desired)
    {
        foreach (var (name, (state, _)) in refused.ToArray())
        {
            if (!desired.Ports.TryGetValue(name, out var now) || !now.Equals(state))
                refused.Remove(name);
        }
    }

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
        refused[port] = (desired.Ports[port], $"Service {port.Service}, port {port} is not served: the kernel refused it ({error.Message.TrimEnd('.')}). It is tried again when the Service changes.");
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
