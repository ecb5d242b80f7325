using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Kernel.Node;

/// <summary>Commands beside containers, over the WebSocket that kubectl speaks.</summary>
public class ExecTests
{
    private const string Process = """{"containers":[{"name":"c","image":"x","command":["sleep","1000"],"env":[{"name":"COLOR","value":"blue"}]}]}""";
    private const string StandIn = """{"containers":[{"name":"c","image":"x"}]}""";

    // The channels that a client sends on (k8s.io/apimachinery pkg/util/remotecommand).
    private const byte Input = 0, Size = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Output_error_and_exit_code_come_on_their_channels()
    {
        await using var lab = await LabAsync(Process);
        var result = await ExecAsync(lab, ["sh", "-c", "echo out; echo err >&2; exit 7"]);
        Assert.Equal(("out\n", "err\n"), (result.Output, result.Error));
        Assert.Equal(("Failure", "NonZeroExitCode", "7"), (result.Status.Outcome, result.Status.Reason, result.Status.Details!.Causes!.Single().Message));
    }

    [Fact]
    public async Task A_command_beside_a_process_shares_its_processes_environment_host_name_and_network()
    {
        await using var lab = await LabAsync(Process);
        // /proc/self is nothing unless the command is in the pid namespace that /proc shows.
        var result = await ExecAsync(lab, ["sh", "-c", "echo $COLOR; hostname; readlink /proc/self >/dev/null && echo self; tr '\\0' ' ' < /proc/1/cmdline | grep -c container-init; ls /sys/class/net"]);
        Assert.Equal(("Success", "blue\npod\nself\n1\neth0\nlo\n"), (result.Status.Outcome, result.Output));
    }

    [Fact]
    public async Task A_command_beside_a_stand_in_sees_the_pod_s_network()
    {
        await using var lab = await LabAsync(StandIn);
        var result = await ExecAsync(lab, ["sh", "-c", "hostname; ls /sys/class/net"]);
        Assert.Equal(("Success", "pod\neth0\nlo\n"), (result.Status.Outcome, result.Output));
    }

    [Theory]
    [InlineData(Process)]
    [InlineData(StandIn)]
    public async Task Input_is_carried_until_the_client_closes_its_channel(string pod)
    {
        await using var lab = await LabAsync(pod);
        var result = await ExecAsync(lab, ["sh", "-c", "tr a-z A-Z; echo end"], input: "hello");
        Assert.Equal(("Success", "HELLOend\n"), (result.Status.Outcome, result.Output));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_is_a_sentence()
    {
        await using var lab = await LabAsync(Process);
        var result = await ExecAsync(lab, ["no-such-program"]);
        Assert.Equal("Failure", result.Status.Outcome);
        Assert.Contains("\"no-such-program\": executable file not found", result.Status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Process)]
    [InlineData(StandIn)]
    public async Task A_client_that_goes_away_ends_its_command(string pod)
    {
        await using var lab = await LabAsync(pod);
        var mark = Path.Combine(lab.Directory, "alive");
        using (var socket = await OpenAsync(lab, ["sh", "-c", $"echo $$; while :; do echo > {mark}; sleep 0.05; done"], withInput: false))
        {
            await Eventually.True(() => File.Exists(mark), "the command did not start");
            socket.Abort();
        }

        await Eventually.True(
            async () =>
            {
                File.Delete(mark);
                await Task.Delay(200, Cancellation);
                return !File.Exists(mark);
            },
            () => "the command still runs");
    }

    [Theory]
    [InlineData(Process)]
    [InlineData(StandIn)]
    public async Task Ctrl_C_ends_a_program_on_a_terminal(string pod)
    {
        await using var lab = await LabAsync(pod);
        using var socket = await OpenAsync(lab, ["sh", "-c", "echo ready; exec sleep 1000"], withInput: true, tty: true);
        await ReadUntilAsync(socket, "ready");
        await SendAsync(socket, Input, "\x03");
        var result = await FinishAsync(socket);
        Assert.Equal(("Failure", "130"), (result.Status.Outcome, result.Status.Details!.Causes!.Single().Message));
    }

    [Theory]
    [InlineData(Process)]
    [InlineData(StandIn)]
    public async Task A_terminal_has_the_size_of_the_clients(string pod)
    {
        await using var lab = await LabAsync(pod);
        using var socket = await OpenAsync(lab, ["sh", "-c", "read line; stty size"], withInput: true, tty: true);
        await SendAsync(socket, Size, """{"Width":100,"Height":40}""");
        await SendAsync(socket, Input, "go on\n");
        var result = await FinishAsync(socket);
        Assert.Equal(("Success", "go on\r\n40 100\r\n"), (result.Status.Outcome, result.Output));
    }

    [Fact]
    public async Task A_container_that_does_not_run_is_refused_with_a_sentence()
    {
        await using var lab = await LabAsync(StandIn);
        using var http = Client.Agent(lab.SocketPath);
        using var answer = await http.GetAsync("/exec/default/pod/other?command=true", Cancellation);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("container other of pod default/pod does not run", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<AgentLab> LabAsync(string pod)
    {
        var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("pod", pod);
        await lab.ReadyPodAsync("pod");
        return lab;
    }

    private static async Task<(string Output, string Error, Status Status)> ExecAsync(AgentLab lab, string[] command, string? input = null)
    {
        using var socket = await OpenAsync(lab, command, input is not null);
        if (input is not null)
        {
            await SendAsync(socket, Input, input);
            await socket.SendAsync((byte[])[255, Input], WebSocketMessageType.Binary, true, Cancellation);
        }

        return await FinishAsync(socket);
    }

    private static Task SendAsync(ClientWebSocket socket, byte channel, string text) =>
        socket.SendAsync((byte[])[channel, .. Encoding.UTF8.GetBytes(text)], WebSocketMessageType.Binary, true, Cancellation);

    private static async Task ReadUntilAsync(ClientWebSocket socket, string text)
    {
        var buffer = new byte[64 * 1024];
        for (var seen = ""; !seen.Contains(text, StringComparison.Ordinal);)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
            Assert.Equal(WebSocketMessageType.Binary, message.MessageType);
            seen += Encoding.UTF8.GetString(buffer, 1, message.Count - 1);
        }
    }

    private static async Task<(string Output, string Error, Status Status)> FinishAsync(ClientWebSocket socket)
    {
        var channels = new StringBuilder[256];
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult message;
        while ((message = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation)).MessageType != WebSocketMessageType.Close)
            (channels[buffer[0]] ??= new StringBuilder()).Append(Encoding.UTF8.GetString(buffer, 1, message.Count - 1));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        var status = JsonSerializer.Deserialize(channels[3].ToString(), KubeJson.Default.Status)!;
        return (channels[1]?.ToString() ?? "", channels[2]?.ToString() ?? "", status);
    }

    private static async Task<ClientWebSocket> OpenAsync(AgentLab lab, string[] command, bool withInput, bool tty = false)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        var query = string.Join('&', command.Select(c => "command=" + Uri.EscapeDataString(c)));
        using var handler = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(lab.SocketPath), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        await socket.ConnectAsync(new Uri($"ws://agent/exec/default/pod/c?{query}&stdout=true&stderr=true&stdin={(withInput ? "true" : "false")}&tty={(tty ? "true" : "false")}"), handler, Cancellation);
        return socket;
    }
}
