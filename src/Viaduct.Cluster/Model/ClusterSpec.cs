using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Viaduct.Addressing;
using Viaduct.Node.Network.Routing;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Model;

/// <summary>What a person asked <c>up</c> for. The defaults are the plan of the picture in docs/architecture.md.</summary>
public sealed record ClusterSpec
{
    public required string Name { get; init; }

    public int Nodes { get; init; } = 2;

    /// <summary>ipv4, ipv6 or dual: the families that nodes, pods and Services have.</summary>
    public string IpFamily { get; init; } = "ipv4";

    /// <summary>How pods of other nodes are reached: a name out of <see cref="RouteBackends.Names"/>.</summary>
    public string Backend { get; init; } = "host-gw";

    public VxlanSettings Vxlan { get; init; } = new();

    /// <summary>Networks besides the pods' that pods reach with their own addresses; null for those that know the way back.</summary>
    public IReadOnlyList<string>? NonMasqueradeCidrs { get; init; }

    [JsonIgnore]
    public RouteBackend RouteBackend => RouteBackends.Parse(Backend)
        ?? throw new ClusterException($"backend: \"{Backend}\" is no backend; choose one of {string.Join(", ", RouteBackends.Names)}.");

    public string Vpc { get; init; } = "192.168.0.0/16";

    public IReadOnlyList<VSwitchSpec> VSwitches { get; init; } = [new("a", "192.168.0.0/19"), new("b", "192.168.64.0/19")];

    public string PodCidr { get; init; } = "172.20.0.0/16";

    /// <summary>Prefix length of the block of pod addresses that each node gets.</summary>
    public int NodeMask { get; init; } = 24;

    /// <summary>The same for IPv6.</summary>
    public int NodeMaskIPv6 { get; init; } = 64;

    public string ServiceCidr { get; init; } = "172.21.0.0/20";

    /// <summary>How the nodes serve Services; <c>viaduct proxy-mode</c> changes it.</summary>
    public ProxyMode ProxyMode { get; init; } = ProxyModeNames.Default;

    /// <summary>The same as numbers, for the rules of addressing.</summary>
    /// <exception cref="ClusterException">A range is not in CIDR notation.</exception>
    public ClusterPlan ToPlan() => new()
    {
        Vpc = Range("vpc", Vpc),
        VSwitches = [.. VSwitches.Select(v => new VSwitchPlan(v.Zone, Range($"vSwitch {v.Zone}", v.Cidr)))],
        PodCidr = Range("podCidr", PodCidr),
        NodeMask = NodeMask,
        NodeMaskIPv6 = NodeMaskIPv6,
        ServiceCidr = Range("serviceCidr", ServiceCidr),
        Nodes = Nodes,
    };

    /// <summary>
    /// The networks that pods reach with their own addresses. By default that is also the VPC if its router knows the way to pods; with tunnels it does
    /// not, and an answer to a pod's address would be lost.
    /// </summary>
    public IReadOnlyList<IPNetwork> ToNonMasqueradeCidrs()
    {
        var plan = ToPlan();
        if (NonMasqueradeCidrs is { } chosen)
            return [.. plan.PodCidr, .. chosen.SelectMany(c => Range("nonMasqueradeCidrs", c))];
        return RouteBackend.HasTunnel() ? [.. plan.PodCidr] : [.. plan.PodCidr, .. plan.Vpc];
    }

    /// <summary>One range, or for dual stack one of each family with a comma between.</summary>
    private static IpRanges Range(string field, string text)
    {
        try
        {
            return IpRanges.Parse(text, field);
        }
        catch (AddressingException e)
        {
            throw new ClusterException($"{e.Message}", e);
        }
    }

    /// <summary>Whole or not at all: a node may start and read it meanwhile.</summary>
    public void Save(string path)
    {
        var draft = $"{path}.new";
        File.WriteAllText(draft, JsonSerializer.Serialize(this, ClusterJson.Default.ClusterSpec));
        File.Move(draft, path, overwrite: true);
    }

    public static ClusterSpec Load(string path) => JsonSerializer.Deserialize(File.ReadAllText(path), ClusterJson.Default.ClusterSpec)
        ?? throw new ClusterException($"The cluster's description {path} is empty; take the cluster down and up again.");
}

/// <summary>The tunnels of the backends vxlan and auto.</summary>
/// <param name="Vni">Number of their network.</param>
/// <param name="Port">Their UDP port.</param>
/// <param name="ChecksumOffload">Whether their packets leave checksums to the link below; null decides by the kernel.</param>
public sealed record VxlanSettings(int Vni = 1, int Port = 4789, bool? ChecksumOffload = null);

/// <summary>One layer-2 segment of the VPC, in one zone.</summary>
public sealed record VSwitchSpec(string Zone, string Cidr)
{
    /// <summary>Reads <c>a=192.168.0.0/19</c>, for dual stack <c>a=192.168.0.0/19,fd00::/64</c>.</summary>
    /// <exception cref="ClusterException">It has another form.</exception>
    public static VSwitchSpec Parse(string text) => text.Split('=', 2) is [{ Length: > 0 } zone, { Length: > 0 } cidr]
        ? new VSwitchSpec(zone, cidr)
        : throw new ClusterException($"--zone \"{text}\" must be a zone and its range, such as a=192.168.0.0/19.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClusterSpec))]
internal sealed partial class ClusterJson : JsonSerializerContext;
