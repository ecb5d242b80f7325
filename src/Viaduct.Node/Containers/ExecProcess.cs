using Viaduct.Linux.Processes;

namespace Viaduct.Node.Containers;

/// <summary>A running command; disposing kills it.</summary>
internal sealed class ExecProcess(ChildProcess child, ChildStreams streams, PseudoTerminal? terminal = null) : IDisposable
{
    public ChildProcess Child => child;

    public ChildStreams Streams => streams;

    /// <summary>Stands for all three streams when there is one.</summary>
    public PseudoTerminal? Terminal => terminal;

    public void Dispose()
    {
        child.Signal(Signals.Kill);
        child.Dispose();
        streams.Dispose();
        terminal?.Dispose();
    }
}
