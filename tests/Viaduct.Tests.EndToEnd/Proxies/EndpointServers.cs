using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>Servers in a network namespace that answer each TCP connection with the address that they listen on, and clients there.</summary>
internal sealed class EndpointServers : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly NetNamespace _inside;
    private readonly List<Socket> _listeners = [];

    public EndpointServers(NetNamespace inside, ushort port, params string[] addresses)
    {
        _inside = inside;
        foreach (var address in addresses)
            _ = ServeAsync(Listen(new IPEndPoint(IPAddress.Parse(address), port)), Encoding.ASCII.GetBytes(address));
    }

    /// <summary>Who answers a new connection; or, as an error's name, why nobody does.</summary>
    public async Task<string> AskAsync(string address, int port)
    {
        using var socket = Open();
        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, limit.Token);
            var answer = new byte[64];
            return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, limit.Token));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return nameof(SocketError.TimedOut);
        }
        finally
        {
            // A reset: thousands of connections would use up the ports of this one client otherwise.
            socket.LingerState = new LingerOption(true, 0);
        }
    }

    /// <summary>Asks again and again, 500 times a second at most, while something else happens; returns how often each answer came.</summary>
    public async Task<IReadOnlyDictionary<string, int>> AskDuringAsync(string address, int port, Func<Task> meanwhile)
    {
        var answers = new Dictionary<string, int>();
        var running = meanwhile();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        do
        {
            var answer = await AskAsync(address, port);
            answers[answer] = answers.GetValueOrDefault(answer) + 1;
            await pace.WaitForNextTickAsync();
        }
        while (!running.IsCompleted);
        await running;
        return answers;
    }

    public void Dispose() => _listeners.ForEach(l => l.Dispose());

    private Socket Listen(IPEndPoint at)
    {
        var listener = Open();
        _listeners.Add(listener);
        listener.Bind(at);
        listener.Listen(128);
        return listener;
    }

    private Socket Open() => _inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private static async Task ServeAsync(Socket listener, byte[] name)
    {
        try
        {
            while (true)
                await AnswerAsync(await listener.AcceptAsync(), name);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(Socket client, byte[] name)
    {
        using (client)
        {
            try
            {
                await client.SendAsync(name);
            }
            catch (SocketException)
            {
                // The client did not wait.
            }
        }
    }
}
