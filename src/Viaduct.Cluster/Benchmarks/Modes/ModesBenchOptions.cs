namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>How large the benchmark of the modes is.</summary>
public sealed record ModesBenchOptions
{
    /// <summary>How many Services there are, one number after the other.</summary>
    public required IReadOnlyList<int> Services { get; init; }

    /// <summary>Endpoints of each Service.</summary>
    public int Endpoints { get; init; } = 10;

    /// <summary>How often each way has its turn.</summary>
    public required int Rounds { get; init; }

    /// <summary>Changes that are timed for each mode.</summary>
    public int Changes { get; init; } = 10;

    /// <summary>Connections of the load.</summary>
    public int Connections { get; init; } = 32;

    /// <summary>How long each part of a turn is.</summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether haproxy and socat are measured as well.</summary>
    public bool WithPeers { get; init; }

    /// <summary>Connections at once for those that copy.</summary>
    public int ManyConnections { get; init; } = 10_000;

    /// <summary>How long a mode may take until it serves.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The program whose verb <c>proxy</c> is measured.</summary>
    public required string Program { get; init; }
}
