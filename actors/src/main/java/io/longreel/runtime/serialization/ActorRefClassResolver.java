package io.longreel.runtime.serialization;

import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Finds the registration of {@link ActorRef} for whatever class Pekko implements a reference with. */
final class ActorRefClassResolver extends DefaultClassResolver {
    @Override
    @SuppressWarnings("rawtypes") // as Kryo declares it
    public @Nullable Registration getRegistration(Class type) {
        Registration registration = super.getRegistration(type);
        return registration == null && ActorRef.class.isAssignableFrom(type)
                ? super.getRegistration(ActorRef.class)
                : registration;
    }
}
