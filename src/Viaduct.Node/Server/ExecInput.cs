using System.Text.Json;
using Viaduct.Node.Containers;

namespace Viaduct.Node.Server;

/// <summary>What a client types: it goes to the command's standard input or terminal, or nowhere when the command takes no input.</summary>
internal sealed class ExecInput(ExecProcess? process, bool isWanted)
{
    private const byte EndOfTransmission = 4;

    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        if (process is null || !isWanted)
            return;
        try
        {
            await (process.Terminal?.Stream ?? process.Streams.Input!).WriteAsync(data, cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The command reads no more (EPIPE), as a shell's pipe would show it.
        }
    }

    /// <summary>The client has no more to say; a terminal takes that as Ctrl-D.</summary>
    public void Close()
    {
        if (process is null || !isWanted)
            return;
        if (process.Terminal is { } terminal)
            terminal.Stream.WriteByte(EndOfTransmission);
        else
            process.Streams.CloseInput();
    }

    /// <summary>The client's window has another size: <c>{"Width":80,"Height":24}</c>.</summary>
    public void Resize(ReadOnlySpan<byte> json)
    {
        if (process?.Terminal is not { } terminal)
            return;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var size = JsonDocument.ParseValue(ref reader);
            terminal.Resize(size.RootElement.GetProperty("Width").GetInt32(), size.RootElement.GetProperty("Height").GetInt32());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // A size that makes no sense changes nothing.
        }
    }
}
