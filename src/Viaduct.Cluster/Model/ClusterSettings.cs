namespace Viaduct.Cluster.Model;

/// <summary>What a person said about a cluster, in a file or on the command line; null where nothing was said.</summary>
public sealed record ClusterSettings
{
    public int? Nodes { get; init; }

    public string? IpFamily { get; init; }

    public string? Backend { get; init; }

    public string? Vpc { get; init; }

    public IReadOnlyList<VSwitchSpec>? VSwitches { get; init; }

    public string? PodCidr { get; init; }

    public int? NodeMask { get; init; }

    public int? NodeMaskIPv6 { get; init; }

    public string? ServiceCidr { get; init; }

    public VxlanSettings? Vxlan { get; init; }

    public IReadOnlyList<string>? NonMasqueradeCidrs { get; init; }

    /// <summary>These settings where they say something, the others elsewhere.</summary>
    public ClusterSettings Over(ClusterSettings others) => new()
    {
        Nodes = Nodes ?? others.Nodes,
        IpFamily = IpFamily ?? others.IpFamily,
        Backend = Backend ?? others.Backend,
        Vpc = Vpc ?? others.Vpc,
        VSwitches = VSwitches ?? others.VSwitches,
        PodCidr = PodCidr ?? others.PodCidr,
        NodeMask = NodeMask ?? others.NodeMask,
        NodeMaskIPv6 = NodeMaskIPv6 ?? others.NodeMaskIPv6,
        ServiceCidr = ServiceCidr ?? others.ServiceCidr,
        Vxlan = Vxlan ?? others.Vxlan,
        NonMasqueradeCidrs = NonMasqueradeCidrs ?? others.NonMasqueradeCidrs,
    };

    /// <summary>The whole description, with the usual ranges of the families where none were given.</summary>
    /// <exception cref="ClusterException">There is no such IP family.</exception>
    public ClusterSpec ToSpec(string name)
    {
        var usual = new ClusterSpec { Name = name };
        var family = IpFamily ?? usual.IpFamily;
        return new ClusterSpec
        {
            Name = name,
            Nodes = Nodes ?? usual.Nodes,
            IpFamily = family,
            Backend = Backend ?? usual.Backend,
            Vpc = Vpc ?? Pick(family, usual.Vpc, "fd00:c0a8::/48"),
            VSwitches = VSwitches ?? [.. usual.VSwitches.Select(v => v with { Cidr = Pick(family, v.Cidr, $"fd00:c0a8:0:{v.Zone}::/64") })],
            PodCidr = PodCidr ?? Pick(family, usual.PodCidr, "fd00:ac14::/56"),
            NodeMask = NodeMask ?? usual.NodeMask,
            NodeMaskIPv6 = NodeMaskIPv6 ?? usual.NodeMaskIPv6,
            ServiceCidr = ServiceCidr ?? Pick(family, usual.ServiceCidr, "fd00:ac15::/112"),
            Vxlan = Vxlan ?? usual.Vxlan,
            NonMasqueradeCidrs = NonMasqueradeCidrs,
        };
    }

    private static string Pick(string family, string ipv4, string ipv6) => family switch
    {
        "ipv4" => ipv4,
        "ipv6" => ipv6,
        "dual" => $"{ipv4},{ipv6}",
        _ => throw new ClusterException($"ipFamily: \"{family}\" is no choice; take ipv4, ipv6 or dual."),
    };
}
