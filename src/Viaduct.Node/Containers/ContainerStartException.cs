namespace Viaduct.Node.Containers;

/// <summary>A container could not be started; the message is for the person who wrote the pod.</summary>
internal sealed class ContainerStartException(string reason, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Reason of the container's state, such as <c>StartError</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>
    /// The pod names something that does not exist (yet): the container waits, and is tried again, without counting as a restart.
    /// </summary>
    public bool IsConfiguration { get; init; }
}
