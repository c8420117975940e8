package cloison.machine.agent;

import java.util.function.Consumer;

/// Decides which thread lets an agent take its turns: a choice of whoever puts a machine together.
public interface Threading {
    /// A platform thread per agent.
    Threading DEDICATED = AgentRunner::start;

    /// Lets `agent` take turns until the answer is closed.
    ///
    /// @param doorbell where the agent waits when it has nothing to do
    /// @param failed hears what the agent threw, after which it takes no more turns
    Running start(Agent agent, Doorbell doorbell, Consumer<Throwable> failed);

    /// An agent that takes turns.
    interface Running extends AutoCloseable {
        /// Stops the agent after its current turn; when this returns, it takes no more, unless the caller is the agent
        /// itself.
        @Override
        void close();
    }
}
