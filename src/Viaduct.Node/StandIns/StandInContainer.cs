using System.Net.Sockets;
using Viaduct.Node.Containers;
using Viaduct.Node.Logs;

namespace Viaduct.Node.StandIns;

/// <summary>
/// A container without a command: no process, only sockets in the pod's namespace, opened by the agent itself.
/// When told to stop it answers for a moment longer, so that a client whose proxy has not yet heard is not refused.
/// </summary>
internal sealed class StandInContainer : IRunningContainer
{
    /// <summary>How long it still answers after it was told to stop; the pod is unready from the beginning of it.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(500);

    private readonly List<IDisposable> _servers = [];
    private readonly TaskCompletionSource<ContainerExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ContainerLog _log;
    private readonly ITimer _stop;
    private int _ended;

    private StandInContainer(ContainerLog log, TimeProvider time)
    {
        _log = log;
        _stop = time.CreateTimer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Task<ContainerExit> Exited => _exited.Task;

    public ExecTarget? ExecTarget => null;

    /// <summary>Opens the ports; throws <see cref="ContainerStartException"/> naming the port that is taken.</summary>
    public static StandInContainer Start(ContainerStart start, TimeProvider time)
    {
        var result = new StandInContainer(start.Log, time);
        if (start.IsInit)
        {
            start.Log.Write("stdout", "stand-in of an init container: nothing to do");
            result.End();
            return result;
        }

        var identity = new StandInIdentity(start.Pod.Metadata.Name ?? "", string.Join(", ", start.Addresses));
        foreach (var port in StandInPorts.Of(start.Pod.Spec!, start.Container))
            result.Open(start, port, identity);
        return result;
    }

    public void Stop(TimeSpan grace) => _stop.Change(grace < Drain ? grace : Drain, Timeout.InfiniteTimeSpan);

    public void Dispose() => End();

    private void Open(ContainerStart start, StandInPort port, StandInIdentity identity)
    {
        try
        {
            _servers.Add(port.IsUdp
                ? UdpStandIn.Start(start.Namespace, port.Number, identity, _log)
                : TcpStandIn.Start(start.Namespace, port.Number, identity, _log));
            _log.Write("stdout", $"stand-in listens on {(port.IsUdp ? "UDP" : "TCP")} port {port.Number}");
        }
        catch (SocketException e)
        {
            Dispose();
            throw new ContainerStartException("StartError", $"listening on {(port.IsUdp ? "UDP" : "TCP")} port {port.Number} failed: {e.Message}", e);
        }
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 1)
            return;
        _stop.Dispose();
        foreach (var server in _servers)
            server.Dispose();
        _exited.TrySetResult(ContainerExit.Of(0));
    }
}
