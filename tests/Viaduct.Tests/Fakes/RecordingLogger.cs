using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Viaduct.Tests.Fakes;

/// <summary>Keeps what people would read: the messages from Warning on.</summary>
internal sealed class RecordingLogger : ILogger
{
    public ConcurrentQueue<string> Warnings { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning)
            Warnings.Enqueue(formatter(state, exception));
    }
}
