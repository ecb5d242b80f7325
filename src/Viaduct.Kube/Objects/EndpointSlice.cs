using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>An EndpointSlice (discovery.k8s.io/v1); the record is complete.</summary>
public sealed record EndpointSlice : IKubeObject<EndpointSlice>
{
    public static ResourceType Resource { get; } = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);

    public static JsonTypeInfo<EndpointSlice> JsonTypeInfo => KubeJson.Default.EndpointSlice;

    public static JsonTypeInfo<KubeList<EndpointSlice>> ListJsonTypeInfo => KubeJson.Default.KubeListEndpointSlice;

    public string ApiVersion { get; init; } = "discovery.k8s.io/v1";

    public string Kind { get; init; } = "EndpointSlice";

    public ObjectMeta Metadata { get; init; } = new();

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string AddressType { get; init; } = "";

    public IReadOnlyList<Endpoint>? Endpoints { get; init; }

    public IReadOnlyList<EndpointPort>? Ports { get; init; }
}

public sealed record Endpoint
{
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public EndpointConditions? Conditions { get; init; }

    public string? Hostname { get; init; }

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    public ObjectReference? TargetRef { get; init; }

    public EndpointHints? Hints { get; init; }
}

/// <summary>Who should use an endpoint.</summary>
public sealed record EndpointHints
{
    public IReadOnlyList<ForZone>? ForZones { get; init; }

    public IReadOnlyList<ForNode>? ForNodes { get; init; }
}

public sealed record ForZone
{
    public string Name { get; init; } = "";
}

public sealed record ForNode
{
    public string Name { get; init; } = "";
}

/// <summary>Absent means: ready true, serving true, terminating false.</summary>
public sealed record EndpointConditions
{
    public bool? Ready { get; init; }

    public bool? Serving { get; init; }

    public bool? Terminating { get; init; }
}
