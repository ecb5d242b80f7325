using Microsoft.Extensions.Logging;

namespace Viaduct.Proxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "a connection could not be accepted")]
    public static partial void AcceptFailed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "the answer to {Path} failed")]
    public static partial void AnswerFailed(ILogger log, Exception exception, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "{What} answers on {Address}")]
    public static partial void Listening(ILogger log, string what, string address);

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} cannot listen on {Address} and tries again: {Reason}")]
    public static partial void ListenFailed(ILogger log, string what, string address, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Sentence}")]
    public static partial void Warn(ILogger log, string sentence);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Sentence}")]
    public static partial void Tell(ILogger log, string sentence);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Sentence}")]
    public static partial void Detail(ILogger log, string sentence);
}
