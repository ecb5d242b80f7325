namespace Viaduct.Kube.Server.Registry;

/// <summary>What to do about fields that the schema does not know.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

internal enum PatchType
{
    /// <summary>RFC 6902.</summary>
    Json,

    /// <summary>RFC 7386.</summary>
    Merge,
    StrategicMerge,
}

internal sealed record WriteOptions
{
    public static WriteOptions Default { get; } = new();

    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;

    public bool DryRun { get; init; }

    /// <summary>Where the sentences for a Warning header go.</summary>
    public List<string> Warnings { get; init; } = [];
}

internal sealed record DeleteOptions
{
    public static DeleteOptions Default { get; } = new();

    public long? GracePeriodSeconds { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    /// <summary>Leave the dependents, without their reference to the deleted object.</summary>
    public bool Orphan { get; init; }

    public bool DryRun { get; init; }
}

internal sealed record ListOptions
{
    public static ListOptions Default { get; } = new();

    public int Limit { get; init; }

    public string? Continue { get; init; }

    public string? ResourceVersion { get; init; }

    public bool IsExact { get; init; }
}

internal sealed record WatchOptions
{
    public string? ResourceVersion { get; init; }

    /// <summary>Begin with all objects and a bookmark that ends them (WatchList).</summary>
    public bool SendInitialEvents { get; init; }

    public bool AllowBookmarks { get; init; }

    public TimeSpan? Timeout { get; init; }
}
