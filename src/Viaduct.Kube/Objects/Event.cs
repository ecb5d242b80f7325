using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>An Event (core/v1).</summary>
public sealed record Event : IKubeObject<Event>
{
    public static ResourceType Resource { get; } = new("", "v1", "events", "Event", true);

    public static JsonTypeInfo<Event> JsonTypeInfo => KubeJson.Default.Event;

    public static JsonTypeInfo<KubeList<Event>> ListJsonTypeInfo => KubeJson.Default.KubeListEvent;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Event";

    public ObjectMeta Metadata { get; init; } = new();

    public ObjectReference? InvolvedObject { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>Normal or Warning.</summary>
    public string? Type { get; init; }

    public int? Count { get; init; }

    public DateTimeOffset? FirstTimestamp { get; init; }

    public DateTimeOffset? LastTimestamp { get; init; }

    public EventSource? Source { get; init; }

    public string? ReportingComponent { get; init; }
}

public sealed record EventSource
{
    public string? Component { get; init; }

    public string? Host { get; init; }
}
