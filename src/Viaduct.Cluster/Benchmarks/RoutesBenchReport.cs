using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>How large the benchmark of a node's routes is.</summary>
public sealed record RoutesBenchOptions
{
    public required int Nodes { get; init; }

    /// <summary>Nodes that go and come again, one after the other.</summary>
    public required int Changes { get; init; }

    public required RouteBackend Backend { get; init; }

    public TimeSpan IdleFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long each wait may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The program whose verb <c>routes</c> is measured.</summary>
    public required string Program { get; init; }
}

/// <summary>What the benchmark of a node's routes measured; wall-clock time, as the kernel's notifications tell it.</summary>
public sealed record RoutesBenchReport
{
    public int Nodes { get; init; }

    public string Backend { get; init; } = "";

    /// <summary>From the start of the process to the last route: start of the program, list of the nodes, and the next figure.</summary>
    public double TotalSeconds { get; init; }

    /// <summary>From the first entry that the kernel tells (a route; with tunnels a forwarding entry) to the last route.</summary>
    public double WriteSeconds { get; init; }

    public int Changes { get; init; }

    /// <summary>From the event at a watch of ours to the kernel's notification; 0 and below: the agent's watch was first.</summary>
    public double ChangeP50Milliseconds { get; init; }

    public double ChangeP99Milliseconds { get; init; }

    /// <summary>From sending the request to the API to the kernel's notification.</summary>
    public double RequestToRouteP50Milliseconds { get; init; }

    public double RequestToRouteP99Milliseconds { get; init; }

    /// <summary>From the removal of all routes by somebody else to the last one's return.</summary>
    public double FlushMilliseconds { get; init; }

    /// <summary>After SIGKILL, one node gone meanwhile: from the start of the process to the removal of that node's route.</summary>
    public double RestartSeconds { get; init; }

    /// <summary>Other routes that the kernel told to have changed by then.</summary>
    public int RestartRoutesWritten { get; init; }

    public double ResidentMegabytes { get; init; }

    public double ResidentMegabytesAfterChanges { get; init; }

    public double IdleSeconds { get; init; }

    public double IdleCpuSeconds { get; init; }

    public string Kernel { get; init; } = "";

    public string Commit { get; init; } = "";

    public int Processors { get; init; }

    public DateTimeOffset Date { get; init; }
}
