using System.Net.Sockets;

namespace Viaduct.Cluster.Supervision;

/// <summary>HTTP over a unix socket; such a socket is a file, so it reaches across network namespaces.</summary>
public static class UnixSocketHttp
{
    public static HttpClient CreateClient(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };
}
