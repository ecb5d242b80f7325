using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Logs;

namespace Viaduct.Node.StandIns;

/// <summary>A stand-in for a whole host: answers on TCP and UDP in its namespace, so that others see how their packets arrive there.</summary>
public sealed class StandInHost : IDisposable
{
    private readonly ContainerLog _log;
    private readonly TcpStandIn _tcp;
    private readonly UdpStandIn _udp;

    private StandInHost(ContainerLog log, TcpStandIn tcp, UdpStandIn udp) => (_log, _tcp, _udp) = (log, tcp, udp);

    /// <summary>Listens on port 9376 of <paramref name="ns"/>, as a pod without declared ports does.</summary>
    public static StandInHost Start(NetNamespace ns, string name, IReadOnlyList<IPAddress> addresses, string logFile)
    {
        var identity = new StandInIdentity(name, string.Join(", ", addresses));
        var log = new ContainerLog(logFile, TimeProvider.System);
        return new StandInHost(log, TcpStandIn.Start(ns, StandInPorts.Default, identity, log), UdpStandIn.Start(ns, StandInPorts.Default, identity, log));
    }

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
        _log.Dispose();
    }
}
