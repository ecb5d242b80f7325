namespace Viaduct.Node.Containers;

/// <summary>Runs a command beside a container to its end.</summary>
internal interface IExecRunner
{
    /// <summary>Its exit code and the beginning of what it printed. Cancellation kills it.</summary>
    Task<(int Code, string Output)> RunAsync(ExecTarget target, IReadOnlyList<string> command, CancellationToken cancellation);
}
