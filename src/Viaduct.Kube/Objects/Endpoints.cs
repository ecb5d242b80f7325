using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>Endpoints of a Service (core/v1); the record is complete.</summary>
public sealed record Endpoints : IKubeObject<Endpoints>
{
    public static ResourceType Resource { get; } = new("", "v1", "endpoints", "Endpoints", true);

    public static JsonTypeInfo<Endpoints> JsonTypeInfo => KubeJson.Default.Endpoints;

    public static JsonTypeInfo<KubeList<Endpoints>> ListJsonTypeInfo => KubeJson.Default.KubeListEndpoints;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Endpoints";

    public ObjectMeta Metadata { get; init; } = new();

    public IReadOnlyList<EndpointSubset>? Subsets { get; init; }
}

public sealed record EndpointSubset
{
    public IReadOnlyList<EndpointAddress>? Addresses { get; init; }

    public IReadOnlyList<EndpointAddress>? NotReadyAddresses { get; init; }

    public IReadOnlyList<EndpointPort>? Ports { get; init; }
}

public sealed record EndpointAddress
{
    public string Ip { get; init; } = "";

    public string? Hostname { get; init; }

    public string? NodeName { get; init; }

    public ObjectReference? TargetRef { get; init; }
}

/// <summary>A port of Endpoints or of an EndpointSlice.</summary>
public sealed record EndpointPort
{
    public string? Name { get; init; }

    public int? Port { get; init; }

    public string? Protocol { get; init; }

    public string? AppProtocol { get; init; }
}
