namespace Stateless;

public partial class StateMachine<TState, TTrigger>
{
    private readonly Queue<TTrigger> waiting = new();
    private Action<Transition>? transitioned;
    private Action<Transition>? completed;
    private bool firing;

    /// <summary>After the state has changed, before the entry actions.</summary>
    public void OnTransitioned(Action<Transition> onTransitionAction)
    {
        ArgumentNullException.ThrowIfNull(onTransitionAction);
        transitioned += onTransitionAction;
    }

    /// <summary>After the entry actions.</summary>
    public void OnTransitionCompleted(Action<Transition> onTransitionAction)
    {
        ArgumentNullException.ThrowIfNull(onTransitionAction);
        completed += onTransitionAction;
    }

    /// <summary>Moves. A trigger fired by an action waits until the one that is under way is done.</summary>
    /// <exception cref="InvalidOperationException">The trigger is not permitted in this state.</exception>
    public void Fire(TTrigger trigger)
    {
        waiting.Enqueue(trigger);
        if (firing)
        {
            return;
        }

        firing = true;
        try
        {
            while (waiting.TryDequeue(out var next))
            {
                FireOne(next);
            }
        }
        finally
        {
            firing = false;
        }
    }

    private void FireOne(TTrigger trigger)
    {
        var source = State;
        var from = RulesOf(source);
        var unmet = new List<string>();
        switch (from.Find(trigger, unmet))
        {
            case null:
                unhandled(source, trigger, unmet);
                break;
            case { IsIgnored: true }:
                break;
            case var rule:
                Move(from, new(source, rule.Destination, trigger));
                break;
        }
    }

    private void Move(StateRules from, Transition transition)
    {
        from.Exiting?.Invoke(transition);
        write(transition.Destination);
        transitioned?.Invoke(transition);
        RulesOf(transition.Destination).Entering?.Invoke(transition);
        completed?.Invoke(transition);
    }
}
