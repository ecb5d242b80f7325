using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Network;

/// <content>TCP and UDP.</content>
public sealed partial class LabHost
{
    private const int Backlog = 16;

    /// <summary>Accepts connections on a port until the run is over; the kernel does, nobody serves them.</summary>
    public void Listen(int port)
    {
        Note($"nc -lk {port} &");
        Own(new Listener(Namespace.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(Backlog);
            return socket;
        })));
    }

    /// <summary>Opens a TCP connection, which must succeed.</summary>
    public Task ConnectSucceedsAsync(string address, int port, LocalizedText why) => ConnectAsync(address, port, why, isAccepted: true);

    /// <summary>Opens a TCP connection, which must come to nothing.</summary>
    public Task ConnectFailsAsync(string address, int port, LocalizedText why) => ConnectAsync(address, port, why, isAccepted: false);

    /// <summary>Sends a UDP datagram to the echo service and waits for it to come back.</summary>
    public async Task<bool> EchoAsync(string address, int port, string text)
    {
        Note($"echo -n {text} | nc -u -w 1 {address} {port}");
        var data = Encoding.ASCII.GetBytes(text);
        using var socket = Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port));
        await socket.SendAsync(data);
        using var late = new CancellationTokenSource(s_patience);
        var buffer = new byte[data.Length + 1];
        try
        {
            return buffer.AsSpan(0, await socket.ReceiveAsync(buffer, SocketFlags.None, late.Token)).SequenceEqual(data);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    private async Task ConnectAsync(string address, int port, LocalizedText why, bool isAccepted)
    {
        Note($"nc -z -w 1 {address} {port}");
        using var socket = Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var late = new CancellationTokenSource(isAccepted ? s_patience : s_impatience);
        var found = true;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), late.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            found = false;
        }

        lab.Holds(why, found == isAccepted, isAccepted == found ? null : found ? "the connection was opened" : "the connection was not opened");
    }

    private sealed class Listener(Socket socket) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
