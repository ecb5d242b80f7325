using Viaduct.Linux.Route;

namespace Viaduct.Lab.Network;

/// <content>Bridges and their ports.</content>
public sealed partial class LabHost
{
    /// <summary>Sets what a bridge does with a port: hairpin, learning, flood, locked.</summary>
    public void SetPort(string link, LinkChange change)
    {
        var options = new (string Name, bool? Value)[] { ("hairpin", change.HairpinMode), ("learning", change.Learning), ("flood", change.UnicastFlood), ("locked", change.Locked) };
        Note($"bridge link set dev {link} {string.Join(' ', options.Where(o => o.Value is not null).Select(o => $"{o.Name} {(o.Value!.Value ? "on" : "off")}"))}");
        route.SetLink(Link(link).Index, change);
    }

    public void SetBridge(string bridge, BridgeChange change)
    {
        var options = new (string Name, int? Value)[]
        {
            ("stp_state", Number(change.Stp)), ("forward_delay", Hundredths(change.ForwardDelay)), ("hello_time", Hundredths(change.HelloTime)),
            ("ageing_time", Hundredths(change.AgeingTime)), ("mcast_snooping", Number(change.MulticastSnooping)), ("nf_call_iptables", Number(change.CallIptables)),
        };
        Note($"ip link set dev {bridge} type bridge {string.Join(' ', options.Where(o => o.Value is not null).Select(o => $"{o.Name} {o.Value}"))}");
        route.SetLink(Link(bridge).Index, new LinkChange { Bridge = change });

        static int? Number(bool? value) => value is { } given ? given ? 1 : 0 : null;
        static int? Hundredths(TimeSpan? time) => time is { } given ? (int)(given.TotalMilliseconds / 10) : null;
    }

    /// <summary>Tells a bridge that an address is behind a port, for ever.</summary>
    public void AddStaticEntry(string port, string address)
    {
        Note($"bridge fdb add {address} dev {port} master static");
        route.AddStaticBridgeEntry(Link(port).Index, MacAddress.Parse(address));
    }

    /// <summary>What a bridge learned, as <c>bridge fdb show br BRIDGE dynamic</c> prints it, in order of the addresses.</summary>
    public IReadOnlyList<string> Learned(string bridge) =>
        [.. route.ListBridgeEntries(Link(bridge).Index).Where(e => e.Kind == BridgeFdbKind.Learned).Select(e => $"{e.LinkAddress} dev {NameOf(e.PortIndex)}").Order(StringComparer.Ordinal)];

    /// <summary>Waits until something holds that depends on links, ports, neighbours or forwarding entries here.</summary>
    public Task<bool> WaitForAsync(Func<bool> condition, TimeSpan patience) => RouteSignal.WaitForAsync(Namespace, condition, patience);
}
