using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Viaduct.Addressing;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Model;

/// <summary>What a person asked <c>up</c> for. The defaults are the plan of the picture in docs/architecture.md.</summary>
public sealed record ClusterSpec
{
    public required string Name { get; init; }

    public int Nodes { get; init; } = 2;

    public string Vpc { get; init; } = "192.168.0.0/16";

    public IReadOnlyList<VSwitchSpec> VSwitches { get; init; } = [new("a", "192.168.0.0/19"), new("b", "192.168.64.0/19")];

    public string PodCidr { get; init; } = "172.20.0.0/16";

    /// <summary>Prefix length of the block of pod addresses that each node gets.</summary>
    public int NodeMask { get; init; } = 24;

    public string ServiceCidr { get; init; } = "172.21.0.0/20";

    /// <summary>How the nodes serve Services; <c>viaduct proxy-mode</c> changes it.</summary>
    public ProxyMode ProxyMode { get; init; } = ProxyModeNames.Default;

    /// <summary>The same as numbers, for the rules of addressing.</summary>
    /// <exception cref="ClusterException">A range is not in CIDR notation.</exception>
    public ClusterPlan ToPlan() => new()
    {
        Vpc = Range("VPC", Vpc),
        VSwitches = [.. VSwitches.Select(v => new VSwitchPlan(v.Zone, Range($"vSwitch {v.Zone}", v.Cidr)))],
        PodCidr = Range("Pod CIDR", PodCidr),
        NodeMask = NodeMask,
        ServiceCidr = Range("Service CIDR", ServiceCidr),
        Nodes = Nodes,
    };

    private static IPNetwork Range(string field, string text) => IPNetwork.TryParse(text, out var range)
        ? range
        : throw new ClusterException($"The {field} \"{text}\" is no range in CIDR notation such as 172.20.0.0/16, or has bits set behind its prefix.");

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

/// <summary>One layer-2 segment of the VPC, in one zone.</summary>
public sealed record VSwitchSpec(string Zone, string Cidr);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClusterSpec))]
internal sealed partial class ClusterJson : JsonSerializerContext;
