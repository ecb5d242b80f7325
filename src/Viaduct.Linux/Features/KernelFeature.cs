using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Linux.Features;

/// <summary>Something that this kernel can do for this process, found out by doing it in a fresh namespace.</summary>
/// <param name="Name">The feature, as "veth".</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Available">Whether it works.</param>
/// <param name="Reason">If not: one sentence on what is wrong and one on what to do.</param>
public sealed partial record KernelFeature(string Name, string Purpose, bool Available, string? Reason)
{
    /// <summary>Whether it could not be tried for a reason of its own, as that no namespace can be made: this kernel may well have it.</summary>
    public bool IsUntried { get; init; }

    /// <summary>For who needs it and cannot have it: what is wrong, and what to do.</summary>
    public string Refusal => IsUntried ? Reason! : $"This machine lacks {Name}, needed for {Purpose}: {Reason}";

    /// <summary>Tries to make a network namespace.</summary>
    public static KernelFeature ProbeNetNamespaces() => Try(
        "network namespaces", "nodes and pods with networks of their own", "CONFIG_NET_NS", module: null, () => NetNamespace.Create().Dispose());

    /// <summary>Tries to make a bridge.</summary>
    public static KernelFeature ProbeBridge() => TryInside(
        "bridge", "the pods of a node on one network", "CONFIG_BRIDGE", "bridge", route => route.AddLink(new BridgeSpec { Name = "probe0" }));

    /// <summary>Tries to make a veth pair.</summary>
    public static KernelFeature ProbeVeth() => TryInside(
        "veth", "cables between namespaces", "CONFIG_VETH", "veth", route => route.AddLink(new VethSpec { Name = "probe0", PeerName = "probe1" }));

    /// <summary>Tries to make a VXLAN tunnel.</summary>
    public static KernelFeature ProbeVxlan() => TryInside(
        "vxlan", "tunnels between nodes", "CONFIG_VXLAN", "vxlan",
        route => route.AddLink(new VxlanSpec { Name = "probe0", Id = 1, Port = 4789, Local = System.Net.IPAddress.Loopback, UnderlayIndex = route.GetLink("lo").Index }));

    /// <summary>Tries to make a tap device.</summary>
    public static KernelFeature ProbeTap() => Try("tap devices", "virtual machines", "CONFIG_TUN", "tun", () =>
    {
        using var ns = NetNamespace.Create();
        ns.Run(() => new TapDevice("probe0").Dispose());
    });

    /// <summary>Looks for the setting that has bridged packets pass iptables.</summary>
    public static KernelFeature ProbeBridgeNetfilter() => Try("br_netfilter", "bridged packets in iptables", "CONFIG_BRIDGE_NETFILTER", "br_netfilter", () =>
    {
        using var ns = NetNamespace.Create();
        _ = ns.Run(() => Sysctl.Read("net.bridge.bridge-nf-call-iptables"));
    });

    /// <summary>Runs <paramref name="attempt"/>; an exception of the kernel's is the reason why the feature is missing.</summary>
    /// <param name="name">The feature.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="option">The kernel's configuration option.</param>
    /// <param name="module">The module that has it, if it can be one.</param>
    /// <param name="attempt">What to try; it leaves nothing behind.</param>
    public static KernelFeature Try(string name, string purpose, string option, string? module, Action attempt)
    {
        try
        {
            attempt();
            return new KernelFeature(name, purpose, true, null);
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            return e is LinuxException { Advice: not null }
                ? new KernelFeature(name, purpose, false, e.Message) { IsUntried = true }
                : new KernelFeature(name, purpose, false, Explain(e, option, module));
        }
    }

    private static KernelFeature TryInside(string name, string purpose, string option, string module, Action<RouteClient> attempt) => Try(name, purpose, option, module, () =>
    {
        using var ns = NetNamespace.Create();
        using var route = RouteClient.In(ns);
        attempt(route);
    });

    private static string Explain(Exception e, string option, string? module)
    {
        if (e is NetlinkException { IsPermissionDenied: true } or LinuxException { IsPermissionDenied: true })
            return $"{e.Message} Run as root or inside a user namespace (unshare --user --map-root-user).";
        var load = module is null ? "" : $"load it with \"modprobe {module}\" as root, or ";
        return $"{e.Message} This kernel may lack {option}: {load}use a kernel that has it.";
    }
}
