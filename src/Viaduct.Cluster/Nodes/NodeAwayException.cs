namespace Viaduct.Cluster.Nodes;

/// <summary>A node's process does not answer, as while it is started again; the message is a sentence for people.</summary>
public sealed class NodeAwayException(string message, Exception? cause = null) : ClusterException(message, cause);
