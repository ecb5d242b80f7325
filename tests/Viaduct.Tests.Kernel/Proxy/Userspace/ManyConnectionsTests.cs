using System.Diagnostics;
using System.Globalization;
using Viaduct.Linux.Processes;

namespace Viaduct.Tests.Kernel.Proxy.Userspace;

/// <summary>Ten thousand connections at once, or as many as this process may have descriptors for. Clients and servers are processes of their own, as they need as many again.</summary>
public sealed class ManyConnectionsTests : IDisposable
{
    private const string Server = """
        import selectors, socket, sys
        selector, listener = selectors.DefaultSelector(), socket.socket()
        listener.bind(("127.0.0.1", 0)); listener.listen(4096)
        selector.register(listener, selectors.EVENT_READ)
        print(listener.getsockname()[1], flush=True)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                elif data := key.fileobj.recv(100):
                    key.fileobj.send(data)
                else:
                    selector.unregister(key.fileobj); key.fileobj.close()
        """;

    private const string Client = """
        import socket, sys
        clients = [socket.create_connection(("10.96.0.10", 80), 60) for _ in range(int(sys.argv[1]))]
        for turn in range(2):
            for number, client in enumerate(clients):
                client.send(b"%08d" % number)
            assert all(client.recv(8) == b"%08d" % number for number, client in enumerate(clients))
            print("answered", flush=True)
            sys.stdin.readline()
        """;

    private readonly RelayLab lab = new();
    private readonly List<Process> processes = [];

    public void Dispose()
    {
        foreach (var process in processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        lab.Dispose();
    }

    [Fact]
    public async Task Ten_thousand_connections_are_served_at_once()
    {
        var count = (int)Math.Min(10_000, (DescriptorLimit.RaiseTo(32_768) * 15 / 16 / 2) - 200);
        TestContext.Current.SendDiagnosticMessage($"{count} connections");
        var port = await ReadLineAsync(Python(Server));
        lab.Serve(0, int.Parse(port, CultureInfo.InvariantCulture));
        var clients = Python(Client, count.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("answered", await ReadLineAsync(clients));
        Assert.Equal(count, await lab.Backend.CountConnectionsAsync());
        await clients.StandardInput.WriteLineAsync();
        Assert.Equal("answered", await ReadLineAsync(clients));
        await clients.StandardInput.WriteLineAsync();
        await lab.UntilConnections(0);
    }

    private static async Task<string> ReadLineAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1)) ?? throw new IOException(await process.StandardError.ReadToEndAsync());

    private Process Python(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("python3", ["-c", program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var process = lab.Namespace.Run(() => Process.Start(start)!);
        processes.Add(process);
        return process;
    }
}
