using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Service (core/v1).</summary>
public sealed record Service : IKubeObject<Service>
{
    public static ResourceType Resource { get; } = new("", "v1", "services", "Service", true);

    public static JsonTypeInfo<Service> JsonTypeInfo => KubeJson.Default.Service;

    public static JsonTypeInfo<KubeList<Service>> ListJsonTypeInfo => KubeJson.Default.KubeListService;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Service";

    public ObjectMeta Metadata { get; init; } = new();

    public ServiceSpec? Spec { get; init; }

    public ServiceStatus? Status { get; init; }
}

public sealed record ServiceSpec
{
    /// <summary>ClusterIP, NodePort, LoadBalancer or ExternalName.</summary>
    public string? Type { get; init; }

    /// <summary>An address, <c>None</c> for a headless Service, or absent.</summary>
    public string? ClusterIP { get; init; }

    public IReadOnlyList<string>? ClusterIPs { get; init; }

    public IReadOnlyList<string>? IpFamilies { get; init; }

    public IReadOnlyList<ServicePort>? Ports { get; init; }

    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary>ClientIP or None (the default).</summary>
    public string? SessionAffinity { get; init; }

    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    public bool? PublishNotReadyAddresses { get; init; }

    public string? InternalTrafficPolicy { get; init; }

    public string? ExternalTrafficPolicy { get; init; }

    public IReadOnlyList<string>? ExternalIPs { get; init; }

    /// <summary>Networks whose clients may use the load balancer; absent means everybody.</summary>
    public IReadOnlyList<string>? LoadBalancerSourceRanges { get; init; }

    /// <summary>The port on which a load balancer asks a node for local endpoints.</summary>
    public int? HealthCheckNodePort { get; init; }
}

public sealed record SessionAffinityConfig
{
    public ClientIPConfig? ClientIP { get; init; }
}

public sealed record ClientIPConfig
{
    public int? TimeoutSeconds { get; init; }
}

public sealed record ServiceStatus
{
    public LoadBalancerStatus? LoadBalancer { get; init; }
}

public sealed record LoadBalancerStatus
{
    public IReadOnlyList<LoadBalancerIngress>? Ingress { get; init; }
}

public sealed record LoadBalancerIngress
{
    public string? Ip { get; init; }

    public string? Hostname { get; init; }

    /// <summary>VIP (the default: packets arrive with this address as destination) or Proxy.</summary>
    public string? IpMode { get; init; }
}

public sealed record ServicePort
{
    public string? Name { get; init; }

    /// <summary>TCP (the default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    public string? AppProtocol { get; init; }

    public int Port { get; init; }

    public IntOrString? TargetPort { get; init; }

    public int? NodePort { get; init; }
}
