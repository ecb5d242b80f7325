using System.Text;
using CsCheck;
using Viaduct.Node.Logs;

namespace Viaduct.Tests.Node;

public sealed class LogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("viaduct-log-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_line_is_in_the_format_of_the_CRI()
    {
        var line = CriLogLine.Format(TestPods.Noon.AddMilliseconds(5), "stdout", false, "hello world"u8);
        Assert.Equal("2026-01-02T12:00:00.005000000Z stdout F hello world\n", Encoding.UTF8.GetString(line));
        var read = CriLogLine.Parse(line.AsMemory(0, line.Length - 1))!.Value;
        Assert.Equal((TestPods.Noon.AddMilliseconds(5), "stdout", false, "hello world"), (read.Time, read.Stream, read.IsPartial, Encoding.UTF8.GetString(read.Text.Span)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("2026-01-02T12:00:00.005000000Z stdout")]
    [InlineData("yesterday stdout F text")]
    public void What_is_not_a_log_line_is_not_read_as_one(string text) => Assert.Null(CriLogLine.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Lines_are_the_same_however_the_stream_is_cut() => Gen.String[Gen.Char["ab\n"], 0, 200].Select(Gen.Int[1, 50]).Sample((text, size) =>
    {
        var lines = new List<string>();
        var splitter = new LineSplitter((line, _) => lines.Add(Encoding.UTF8.GetString(line)));
        foreach (var chunk in Encoding.UTF8.GetBytes(text).Chunk(size))
            splitter.Append(chunk);
        splitter.Complete();
        var expected = text.Split('\n');
        Assert.Equal(expected[^1].Length == 0 ? expected[..^1] : expected, lines);
    });

    [Fact]
    public void A_long_line_comes_in_parts_and_is_read_back_whole()
    {
        var path = Path.Combine(_directory, "long.log");
        var text = new string('x', LineSplitter.MaxLine + 5);
        using (var log = new ContainerLog(path, TimeProvider.System))
        {
            var splitter = new LineSplitter((line, partial) => log.Write("stdout", line, partial));
            splitter.Append(Encoding.UTF8.GetBytes(text + "\nend\n"));
        }

        Assert.Equal(3, File.ReadLines(path).Count());
        Assert.Equal(text + "\nend\n", Read(path, new LogQuery()));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "c\n")]
    [InlineData(2, "b\nc\n")]
    [InlineData(3, "a\nb\nc\n")]
    [InlineData(9, "a\nb\nc\n")]
    public void The_tail_is_the_last_lines(int tail, string expected) => Assert.Equal(expected, Read(Abc(), new LogQuery { TailLines = tail }));

    [Fact]
    public void Bytes_can_be_limited() => Assert.Equal("a\nb", Read(Abc(), new LogQuery { LimitBytes = 3 }));

    [Fact]
    public void Timestamps_stand_before_each_line() => Assert.Matches("^2[0-9-]+T[0-9:.]+Z a\n", Read(Abc(), new LogQuery { Timestamps = true }));

    [Fact]
    public void Older_lines_are_left_out() => Assert.Equal("", Read(Abc(), new LogQuery { Since = DateTimeOffset.UtcNow.AddMinutes(1) }));

    [Fact]
    public async Task Following_gets_each_line_and_ends_with_the_run()
    {
        var path = Path.Combine(_directory, "follow.log");
        using var log = new ContainerLog(path, TimeProvider.System);
        log.Write("stdout", "one");
        var seen = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var reader = new ContainerLogReader(new LogQuery { Follow = true }, (text, _) =>
        {
            seen.Writer.TryWrite(Encoding.UTF8.GetString(text.Span));
            return ValueTask.CompletedTask;
        });
        var reading = reader.ReadAsync(path, log, TestContext.Current.CancellationToken);
        Assert.Equal("one\n", await Two(seen.Reader));
        log.Write("stderr", "two");
        Assert.Equal("two\n", await Two(seen.Reader));
        Assert.False(reading.IsCompleted);
        log.Dispose();
        await reading;
    }

    private static async Task<string> Two(System.Threading.Channels.ChannelReader<string> reader)
    {
        var cancellation = TestContext.Current.CancellationToken;
        return await reader.ReadAsync(cancellation) + await reader.ReadAsync(cancellation);
    }

    private string Abc()
    {
        var path = Path.Combine(_directory, "abc.log");
        using var log = new ContainerLog(path, TimeProvider.System);
        foreach (var line in new[] { "a", "b", "c" })
            log.Write("stdout", line);
        return path;
    }

    private static string Read(string path, LogQuery query)
    {
        var text = new StringBuilder();
        var reader = new ContainerLogReader(query, (part, _) =>
        {
            text.Append(Encoding.UTF8.GetString(part.Span));
            return ValueTask.CompletedTask;
        });
        reader.ReadAsync(path, null, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        return text.ToString();
    }
}
