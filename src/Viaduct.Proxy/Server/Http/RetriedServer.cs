using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.Http;

/// <summary>A server at a fixed address that may still be taken, by the proxy that this one follows for instance.</summary>
public sealed class RetriedServer(string what, string address, Func<string, TinyAnswer> answer, bool hardFail, ILogger log, TimeProvider? time = null)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    /// <summary>Answers until cancelled; tries again while the address cannot be listened on, unless it is to fail hard.</summary>
    /// <exception cref="ProxyConfigurationException">The address cannot be listened on, and that is to be fatal.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                using var server = TinyHttpServer.Start(IPEndPoint.Parse(address), answer, log, bothFamilies: true);
                ServerLog.Listening(log, what, server.Address.ToString());
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            catch (SocketException e) when (hardFail)
            {
                throw new ProxyConfigurationException($"The {what} cannot listen on {address}: {e.Message}; free the address or choose another one.", e);
            }
            catch (SocketException e)
            {
                ServerLog.ListenFailed(log, what, address, e.Message);
            }

            await Task.Delay(s_pause, time ?? TimeProvider.System, cancellation);
        }
    }
}
