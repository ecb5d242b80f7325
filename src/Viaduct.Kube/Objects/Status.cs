namespace Viaduct.Kube.Objects;

/// <summary>The answer of a failed request (meta/v1 Status).</summary>
public sealed record Status
{
    public string Kind { get; init; } = "Status";

    public string ApiVersion { get; init; } = "v1";

    public ListMeta Metadata { get; init; } = new();

    /// <summary>Success or Failure.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("status")]
    public string Outcome { get; init; } = "Failure";

    public string? Message { get; init; }

    /// <summary>Machine-readable cause: NotFound, AlreadyExists, Conflict, Invalid, BadRequest, Expired ...</summary>
    public string? Reason { get; init; }

    public StatusDetails? Details { get; init; }

    public int Code { get; init; }
}

public sealed record StatusDetails
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Kind { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyList<StatusCause>? Causes { get; init; }

    public int? RetryAfterSeconds { get; init; }
}

public sealed record StatusCause
{
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? Field { get; init; }
}
