using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>A way to serve: by a mode of the proxy, by a peer, or not at all.</summary>
/// <param name="Name">As the report has it.</param>
/// <param name="Mode">The proxy's mode; null: no proxy of ours.</param>
/// <param name="Variant">Of mode iptables; then the name is that of the program, too.</param>
/// <param name="IsPeer">Whether a program of that name serves.</param>
internal sealed record ModeWay(string Name, ProxyMode? Mode = null, IptablesVariant? Variant = null, bool IsPeer = false)
{
    public static ModeWay Direct { get; } = new("direct");

    private static readonly ModeWay[] s_modes =
    [
        new("nftables", ProxyMode.Nftables),
        new("iptables-nft", ProxyMode.Iptables, IptablesVariant.Nft),
        new("iptables-legacy", ProxyMode.Iptables, IptablesVariant.Legacy),
        new("ipvs", ProxyMode.Ipvs),
        new("userspace", ProxyMode.Userspace),
    ];

    /// <summary>Whether connections end in a process that copies.</summary>
    public bool Copies => IsPeer || Mode == ProxyMode.Userspace;

    /// <summary>Those that this machine can go, and why it cannot go the others.</summary>
    public static (List<ModeWay> Ways, List<SkippedWay> Skipped) Find(bool withPeers)
    {
        var (ways, skipped) = (new List<ModeWay> { Direct }, new List<SkippedWay>());
        var peers = withPeers ? PeerProxy.Names.Select(n => new ModeWay(n, IsPeer: true)) : [];
        foreach (var way in s_modes.Concat(peers))
        {
            if (way.FindObstacle() is { } obstacle)
                skipped.Add(new SkippedWay(way.Name, obstacle));
            else
                ways.Add(way);
        }

        return (ways, skipped);
    }

    /// <summary>The proxy takes the variant whose chain it finds, as on a node whose kubelet uses it.</summary>
    public async Task HintAsync(NetNamespace node)
    {
        if (Variant is null)
            return;
        using var process = ChildProcess.Start(new ProcessSpec { Path = InstalledProgram.Find(Name)!, Arguments = ["-w", "5", "-t", "mangle", "-N", "KUBE-IPTABLES-HINT"], NetNamespace = node });
        if (!(await process.Exited).IsSuccess)
            throw new ClusterException($"{Name} cannot make a chain, so its mode cannot be measured.");
    }

    private string? FindObstacle()
    {
        if (IsPeer)
            return InstalledProgram.FindObstacle(Name, package: Name);
        // Where only one variant is, it has the plain name as well and could be taken for the other.
        if (Variant is not null && InstalledProgram.FindObstacle(Name, package: "iptables") is { } obstacle)
            return obstacle;
        using var node = NetNamespace.Create();
        var missing = node.Run(() => ProxyBackends.FindMissingFeatures(Mode!.Value, new BackendOptions { Family = IPFamily.IPv4, Iptables = Variant }));
        return missing.Count == 0 ? null : missing[0];
    }
}
