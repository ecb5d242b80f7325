using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Viaduct.Kube.Config;

/// <summary>Opens the connections of a handler.</summary>
/// <param name="tls">
/// Makes TLS here and not in the handler, which always takes the name in the address for the server's (dotnet/runtime issue 126842); null leaves it to the handler.
/// </param>
internal sealed class ServerConnector(SslClientAuthenticationOptions? tls)
{
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(30), s_interval = TimeSpan.FromSeconds(10);

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var stream = await ConnectAsync(context.DnsEndPoint, cancellation);
        return tls is null ? stream : await AuthenticateAsync(stream, tls, cancellation);
    }

    /// <summary>A watch over HTTP/1.1, as load balancers may speak it, has no pings: without the kernel's it would wait for ever for a server that is gone.</summary>
    private static async Task<NetworkStream> ConnectAsync(DnsEndPoint server, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)s_idle.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)s_interval.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(server, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<SslStream> AuthenticateAsync(Stream stream, SslClientAuthenticationOptions options, CancellationToken cancellation)
    {
        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellation);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }
}
